/** Small values of each noun, to be varied by tests. */
import type { Artifact } from '../../src/artifact/artifact.ts';
import { digestOfArtifact } from '../../src/artifact/artifact-digest.ts';
import type { NewIntervention } from '../../src/registry/interventions.ts';
import type { RecordingSummary } from '../../src/registry/recording-summary.ts';
import type { StoredRecording } from '../../src/registry/recordings.ts';
import type { Registry } from '../../src/registry/registry.ts';
import type { ReportDocument } from '../../src/registry/reports.ts';
import type { NewVersion } from '../../src/registry/versions.ts';
import { digestOf } from '../../src/shared/digest.ts';

export const MISSION = 'refund-eligibility';
export const NOW = new Date('2026-03-01T12:00:00.000Z');

/** An artifact whose prompt is `prompt`: another prompt, another digest. */
export function sampleArtifact(prompt = 'Decide.', mission = MISSION): Artifact {
  const definition = {
    format: 1 as const,
    name: mission,
    input: {},
    output: {},
    prompts: { judge: { text: prompt, model: 'judge' } },
    models: { judge: { model: 'local/judge' } },
    rules: { windowDays: 30 },
    tools: {},
    decisions: {},
  };
  const code = { workflow: `exports.prompt = ${JSON.stringify(prompt)};`, library: 'exports.z = 1;', activity: '' };
  return {
    digest: digestOfArtifact({ mission, definition, code }),
    mission,
    definition,
    code,
    sources: { 'workflows/refund/mission.ts': `// ${prompt}`, 'workflows/refund/größe.ts': '\u0000 odd' },
    sourceMaps: { workflow: '{"version":3}', activity: '' },
    builtWith: { node: '20.20.2', esbuild: '0.28.2' },
  };
}

export function sampleVersion(
  artifact: Pick<Artifact, 'digest' | 'mission'>,
  over: Partial<NewVersion> = {},
): NewVersion {
  return {
    mission: artifact.mission,
    artifact: artifact.digest,
    kind: 'publish',
    author: 'ada',
    message: 'first',
    commit: { sha: 'c0ffee', branch: 'main', dirty: false },
    environment: { node: '20.20.2' },
    ...over,
  };
}

/** Stores artifact and version for each prompt, in order. */
export async function publish(registry: Registry, ...prompts: readonly string[]): Promise<readonly Artifact[]> {
  const artifacts = prompts.map((prompt) => sampleArtifact(prompt));
  for (const artifact of artifacts) {
    await registry.artifacts.put(artifact);
    await registry.versions.append(sampleVersion(artifact));
  }
  return artifacts;
}

/** The `index`th recording: started `index` minutes after midnight. */
export function sampleRecording(index: number, over: Partial<RecordingSummary> = {}): StoredRecording {
  const content = new TextEncoder().encode(`history ${index}`);
  const startedAt = new Date(Date.UTC(2026, 1, 1, 0, index)).toISOString();
  const workflowId = `refund-${String(index).padStart(6, '0')}`;
  return {
    summary: {
      id: `${workflowId}/run`,
      workflowId,
      runId: 'run',
      workflowType: 'refundEligibility',
      mission: MISSION,
      version: 2,
      artifact: digestOf('artifact'),
      startedAt,
      endedAt: startedAt,
      links: 1,
      events: 43,
      digest: digestOf(content),
      redacted: false,
      ...over,
    },
    end: { status: 'completed', result: { approve: true, note: 'a \u0000 b' } },
    trace: { steps: [] },
    content,
  };
}

export function sampleReport(over: Partial<ReportDocument> & { readonly note?: string } = {}): ReportDocument {
  const report = {
    mission: MISSION,
    createdAt: '2026-02-02T00:00:00.000Z',
    baseline: { name: `${MISSION}@2`, artifact: digestOf('baseline') },
    candidate: { name: `${MISSION}@3`, artifact: digestOf('candidate') },
    cohort: { digest: digestOf('cohort'), recordings: 2, selection: 'all' },
    policy: { digest: digestOf('policy'), value: {} },
    partial: false,
    verdict: { verdict: 'passed' as const, reasons: ['changed 0 of 2 = allowed 0'] },
    ...over,
  };
  return { digest: digestOf(JSON.stringify(report)), ...report };
}

export function sampleIntervention(over: Partial<NewIntervention> = {}): NewIntervention {
  return {
    action: 'a-1',
    kind: 'move',
    mission: MISSION,
    workflowId: 'refund-1',
    runId: 'run',
    from: 1,
    to: 2,
    ground: 'replayed',
    by: 'ada',
    reason: 'a prompt that is wrong',
    ...over,
  };
}

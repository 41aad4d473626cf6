/**
 * The story that every release must pass, told live: a reworded prompt is tried on recorded production runs and stopped
 * before it takes a single one; a refactor passes.
 */
import { join, relative } from 'node:path';
import type { ComponentChange } from '../../artifact/component-change.ts';
import { renderTerminal } from '../../compare/render/terminal.ts';
import type { Report } from '../../compare/report.ts';
import { startFleet } from '../../fleet/fleet.ts';
import { DEFAULT_POLICY, parsePolicyFlags } from '../../gate/parse-policy.ts';
import { loadRedactionKey } from '../../recording/redaction-key.ts';
import { openRegistry, type Registry } from '../../registry/registry.ts';
import { activateVersion } from '../../release/activate-version.ts';
import { publishMission } from '../../release/publish-mission.ts';
import { tryCandidate } from '../../release/try-candidate.ts';
import { shortDigest } from '../../shared/digest.ts';
import { isMissionError, MissionError } from '../../shared/errors.ts';
import { formatVersionRef, type VersionRef } from '../../shared/version-ref.ts';
import { connectTemporal, type TemporalConnection } from '../../temporal/connection.ts';
import { embeddedDirectory } from '../../temporal/embedded-state.ts';
import { changesText } from '../change-text.ts';
import type { CliIo } from '../io.ts';
import type { Output } from '../output.ts';
import { writeReportFiles } from '../report-files.ts';
import type { Narrator } from './narrator.ts';
import { MISSION, makeScratchProject, type ScratchProject, type Variant } from './scratch-project.ts';
import { type RunDone, recordRuns, runRequests } from './traffic.ts';

export interface StoryOptions {
  readonly io: CliIo;
  readonly output: Output;
  readonly narrator: Narrator;
  /** The demo's project, made anew. */
  readonly root: string;
  readonly runs: number;
  readonly seed: number;
}

interface Stage extends StoryOptions {
  readonly project: ScratchProject;
  readonly registry: Registry;
  readonly temporal: TemporalConnection;
}

const AUTHOR = 'demo';
/** A laptop that is busy with something else takes its time. */
const READY_WITHIN_MS = 120_000;
/** The local model may be asked again, and receipts of writes are made up: nothing of a replay reaches the world. */
const POLICY = parsePolicyFlags(['model=live', 'write=simulator'], DEFAULT_POLICY);

/** @throws MissionError when a chapter does not go as it must: that is a defect. */
export async function tellStory(options: StoryOptions): Promise<void> {
  const { narrator, root, io, output } = options;
  narrator.chapter(
    'A Temporal server and a registry',
    'Real ones: Temporal’s own development server and an embedded PostgreSQL, both in the demo’s folder.',
  );
  const project = await makeScratchProject(root);
  const progress = narrator.progress('Temporal');
  const embedded = {
    directory: embeddedDirectory(root),
    owner: 'detached' as const,
    progress: (line: string) => progress.say(line),
  };
  const temporal = await connectTemporal({ env: io.env, embedded });
  progress.end();
  narrator.done(
    `Temporal at ${temporal.address}${temporal.embedded ? `, its UI at ${output.palette.underline(temporal.embedded.uiAddress)}` : ''}`,
  );
  const registry = await openRegistry({
    databaseUrl: undefined,
    directory: join(root, '.mission', 'registry'),
    actor: AUTHOR,
  });
  narrator.done(`Registry in ${shown(io, join(root, '.mission', 'registry'))}`);
  try {
    await tellRest({ ...options, project, registry, temporal });
  } finally {
    await registry.close();
    await temporal.close();
  }
}

async function tellRest(stage: Stage): Promise<void> {
  const { narrator } = stage;
  narrator.chapter(
    'Publish the mission',
    'A version is everything at once: prompts, models, rules, tool contracts and code.',
  );
  await publish(stage, 'v1');
  const production = await publish(stage, 'v2');
  await activateVersion({ registry: stage.registry, ref: production, by: AUTHOR });
  narrator.done(`${formatVersionRef(production)} is active: new runs are pinned to it`);
  const runs = await runProduction(stage);

  narrator.chapter(
    'Publish a change',
    'The eligibility prompt is reworded for a promotion. It reads well, and the code is untouched.',
  );
  const promotion = await publish(stage, 'v3');
  narrator.chapter(
    `Replay the recorded runs against ${formatVersionRef(promotion)}`,
    'Before it takes a run: what would have come out differently, where, and why?',
  );
  const failed = await replay(stage, promotion, 'failed');
  narrator.chapter(
    `Try to activate ${formatVersionRef(promotion)}`,
    'Activation asks for a passing report of this exact artifact.',
  );
  await expectRefusal(stage, promotion);

  narrator.chapter(
    'Publish a refactor',
    'The workflow is taken apart into functions, renamed and reformatted. Official replay could say as much; here every payload is compared.',
  );
  const refactor = await publish(stage, 'v4');
  const passed = await replay(stage, refactor, 'passed');
  await activateVersion({ registry: stage.registry, ref: refactor, by: AUTHOR });
  narrator.done(`${formatVersionRef(refactor)} is active, on the evidence of report ${shortDigest(passed.digest)}`);
  await tellNext(stage, failed, runs);
}

async function publish({ project, registry, narrator, output }: Stage, name: string): Promise<VersionRef> {
  const variant = project.variants.find((one) => one.name === name) as Variant;
  await project.apply(variant);
  const published = await publishMission({
    registry,
    root: project.root,
    mission: MISSION,
    message: variant.message,
    author: AUTHOR,
  });
  const { version, changes } = published;
  narrator.done(
    `${formatVersionRef(version)} published  ${output.palette.dim(`“${variant.message}”, artifact ${shortDigest(version.artifact)}`)}`,
  );
  for (const line of changesText(forReading(changes), output, 4)) narrator.text(`     ${line}`);
  return version;
}

/** A refactor's diff is long and says little; which files it touched is enough here. */
function forReading(changes: readonly ComponentChange[]): readonly ComponentChange[] {
  return changes.filter(({ component }) => component !== 'code');
}

async function runProduction({
  registry,
  temporal,
  narrator,
  project,
  runs: count,
  seed,
  root,
}: Stage): Promise<RunDone[]> {
  narrator.chapter(
    `Run ${count} refund requests in production`,
    'On Temporal: models are asked, tools are called, refunds are issued. A local model stands in for a provider, and it does follow its prompt.',
  );
  const fleet = await startFleet({ registry, temporal });
  try {
    await fleet.ready(READY_WITHIN_MS);
    const running = narrator.progress('runs');
    const startedMs = performance.now();
    const runs = await runRequests(registry, temporal.client, await project.requests(seed, count), running);
    running.end();
    const seconds = (performance.now() - startedMs) / 1_000;
    const approved = runs.filter((run) => run.approved).length;
    narrator.done(
      `${runs.length} runs ended in ${seconds.toFixed(0)} s: ${approved} refunds, ${runs.length - approved} denials`,
    );
    const recording = narrator.progress('recordings');
    const key = await loadRedactionKey(join(root, '.mission', 'redaction.key'), undefined);
    const stored = await recordRuns(registry, temporal.client, key, runs, recording);
    recording.end();
    narrator.done(`${stored} recordings kept: history, trace and outcome, customers’ names and addresses replaced`);
    return runs;
  } finally {
    await fleet.shutdown();
  }
}

async function replay(stage: Stage, candidate: VersionRef, expected: Report['verdict']['verdict']): Promise<Report> {
  const { registry, narrator, output, io, root } = stage;
  const progress = narrator.progress('replay');
  const report = await tryCandidate({
    registry,
    candidate,
    policy: POLICY,
    onProgress: ({ done, total }) => progress.update(done, total),
    signal: io.signal,
  });
  progress.end();
  narrator.text(`\n${indented(renderTerminal(report, { palette: output.palette, width: output.width - 3 }))}`);
  await writeReportFiles(report, reportFolder(root, report));
  if (report.verdict.verdict !== expected) {
    throw new MissionError(
      'INTERNAL',
      `The demo expected ${formatVersionRef(candidate)} to have ${expected}, and it ${report.verdict.verdict}.`,
      {
        remedy: 'This is a defect of mission-runtime; please report it with the report above.',
      },
    );
  }
  return report;
}

function reportFolder(root: string, report: Report): string {
  return join(root, '.mission', 'reports', shortDigest(report.digest));
}

function indented(text: string): string {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => (line === '' ? line : `   ${line}`))
    .join('\n');
}

async function expectRefusal({ registry, narrator }: Stage, ref: VersionRef): Promise<void> {
  try {
    await activateVersion({ registry, ref, by: AUTHOR });
  } catch (error) {
    if (!isMissionError(error, 'ACTIVATION_REFUSED')) throw error;
    narrator.alarm(error.message);
    narrator.text(`     ${error.remedy ?? ''}`);
    return;
  }
  throw new MissionError('INTERNAL', `${formatVersionRef(ref)} was activated, though its replay failed.`, {
    remedy: 'This is a defect of mission-runtime; please report it.',
  });
}

async function tellNext(
  { narrator, io, root, temporal, output }: Stage,
  failed: Report,
  runs: readonly RunDone[],
): Promise<void> {
  const { palette } = output;
  const flipped = failed.flips[0]?.example.split('/')[0] ?? runs[0]?.workflowId ?? '';
  narrator.chapter(
    'Look around',
    `All of this took ${narrator.elapsed()}. Everything is in ${shown(io, root)}; the server goes on until it is stopped.`,
  );
  const report = shown(io, reportFolder(root, failed));
  const folder = shown(io, root);
  const lines: readonly (readonly [string, string])[] = [
    [`${report}/report.md`, 'the report for a pull request; beside it report.json and junit.xml'],
    ...(temporal.embedded ? [[temporal.embedded.uiAddress, 'the runs in Temporal’s UI'] as const] : []),
    [`npx mission trace ${flipped} -C ${folder}`, 'why a run was decided as it was'],
    [
      `npx mission replay @3 --runs ${flipped} --answer model=live,write=simulator -C ${folder}`,
      'its two ways side by side',
    ],
    [`npx mission diff @2 @3 -C ${folder}`, 'what was changed'],
    [`npx mission log -C ${folder}`, 'who released what, on what evidence'],
    [`npx mission dev -C ${folder}`, 'host the versions again, to start runs of your own'],
    [`npx mission down -C ${folder}`, 'stop the server'],
  ];
  for (const [what, meaning] of lines) narrator.text(`   ${palette.cyan(what)}\n      ${palette.dim(meaning)}`);
}

/** A path as one would type it from here. */
function shown({ cwd }: CliIo, path: string): string {
  const from = relative(cwd, path);
  return from.startsWith('..') ? path : from;
}

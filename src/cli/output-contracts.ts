/** Who says what a mission may answer: the version that ran, the newest one, and the source as it is. */
import type { Artifact } from '../artifact/artifact.ts';
import type { OutputContract } from '../release/check-expected.ts';
import { isMissionError } from '../shared/errors.ts';
import type { JsonObject } from '../shared/json.ts';
import { formatVersionRef } from '../shared/version-ref.ts';
import type { CliContext } from './context.ts';
import { missionsInSource } from './project.ts';

export interface AnsweringRun {
  /** Absent for a plain workflow, which says nothing of its result. */
  readonly mission: string | undefined;
  readonly version: number | undefined;
  readonly maker: Artifact | undefined;
}

/** One after the other, so that the source is built only when nobody else could say it. */
export async function* outputContracts(
  context: CliContext,
  { mission, version, maker }: AnsweringRun,
): AsyncGenerator<OutputContract> {
  if (mission === undefined) return;
  const name = version === undefined ? mission : formatVersionRef({ mission, number: version });
  if (maker !== undefined) yield contractOf(name, maker);
  const newest = await newestVersion(context, mission);
  if (newest !== undefined && newest.artifact.digest !== maker?.digest) yield contractOf(newest.name, newest.artifact);
  const source = await sourceArtifact(context, mission);
  if (source !== undefined) yield contractOf(`the source of ${mission}`, source);
}

function contractOf(name: string, { definition }: Artifact): OutputContract {
  return { name, output: definition.output as JsonObject };
}

async function newestVersion(context: CliContext, mission: string) {
  const registry = await context.registry().catch(ignoring('MISSION_UNKNOWN'));
  const newest = await registry?.versions.latest(mission);
  if (registry === undefined || newest === undefined) return undefined;
  return { name: formatVersionRef(newest), artifact: await registry.artifacts.get(newest.artifact) };
}

/** A source that cannot be built has nothing to say here. */
async function sourceArtifact(context: CliContext, mission: string): Promise<Artifact | undefined> {
  if (!missionsInSource(context.root).includes(mission)) return undefined;
  const { buildArtifact } = await import('../artifact/build-artifact.ts');
  return buildArtifact({ root: context.root, mission }).catch(
    ignoring('MISSION_BUNDLE_FAILED', 'DEFINITION_INVALID', 'MISSION_SOURCE_MISSING'),
  );
}

function ignoring(...codes: Parameters<typeof isMissionError>[1][]): (error: unknown) => undefined {
  return (error) => {
    if (codes.some((code) => isMissionError(error, code))) return undefined;
    throw error;
  };
}

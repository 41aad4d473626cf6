/** What is measured on: a Temporal server and a PostgreSQL of our own, and artifacts of the missions of this repository. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Artifact } from '../../src/artifact/artifact.ts';
import { digestOfArtifact } from '../../src/artifact/artifact-digest.ts';
import { buildArtifact } from '../../src/artifact/build-artifact.ts';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import { WEIGHT_TOTAL } from '../../src/registry/routes.ts';
import type { Version } from '../../src/registry/versions.ts';
import { setRoute } from '../../src/release/set-route.ts';
import { connectTemporal, type TemporalConnection } from '../../src/temporal/connection.ts';
import { openEmbeddedServer } from '../../src/temporal/embedded-server.ts';
import { startPostgres } from '../../test/support/postgres.ts';

export const MISSION = 'refund-eligibility';
export const OTHER_MISSION = 'ticket-routing';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Stand {
  readonly address: string;
  readonly temporal: TemporalConnection;
  /** A registry in a database of its own, closed with the stand. */
  newRegistry(): Promise<{ readonly registry: Registry; readonly databaseUrl: string }>;
  close(): Promise<void>;
}

/** @throws when PostgreSQL is not installed, MissionError `TEMPORAL_UNAVAILABLE` when no server can be had. */
export async function openStand(): Promise<Stand> {
  const closers: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const folder = await mkdtemp(join(tmpdir(), 'bench-production-'));
    closers.push(() => rm(folder, { recursive: true, force: true }));
    const postgres = await startPostgres();
    closers.push(() => postgres.stop());
    const server = await openEmbeddedServer({ directory: join(folder, 'temporal'), owner: 'process' });
    closers.push(() => server.stop());
    const temporal = await connectTemporal({ address: server.address, env: {} });
    closers.push(() => temporal.close());
    const newRegistry = async () => {
      const databaseUrl = await postgres.createDatabase();
      const registry = await openRegistry({ databaseUrl, actor: 'bench' });
      closers.push(() => registry.close());
      return { registry, databaseUrl };
    };
    return { address: server.address, temporal, newRegistry, close };
  } catch (error) {
    await close();
    throw error;
  }
}

export function buildMission(mission = MISSION): Promise<Artifact> {
  return buildArtifact({ root, mission });
}

/** The same code with a line more in every prompt: another version, as most releases are. */
export function editionOf(artifact: Artifact, edition: number): Artifact {
  const prompts = Object.entries(artifact.definition.prompts).map(([name, prompt]) => [
    name,
    { ...prompt, text: `${prompt.text}\n\nEdition ${edition}.` },
  ]);
  const definition = { ...artifact.definition, prompts: Object.fromEntries(prompts) };
  return { ...artifact, definition, digest: digestOfArtifact({ ...artifact, definition }) };
}

export async function publishArtifact(registry: Registry, artifact: Artifact): Promise<Version> {
  await registry.artifacts.put(artifact);
  const { mission, digest } = artifact;
  const entry = { author: 'bench', message: 'bench', commit: null, environment: {} };
  return (await registry.versions.append({ mission, artifact: digest, kind: 'publish', ...entry })).version;
}

/** Publishes editions until the ledger has `count` versions. */
export async function publishEditions(registry: Registry, artifact: Artifact, count: number): Promise<void> {
  for (let number = (await registry.versions.list(artifact.mission)).length + 1; number <= count; number += 1)
    await publishArtifact(registry, editionOf(artifact, number));
}

/** Gives equal shares of a mission's traffic to versions, whether they are hosted yet or not. */
export async function shareTraffic(registry: Registry, mission: string, versions: readonly number[]): Promise<void> {
  const share = Math.floor(WEIGHT_TOTAL / versions.length);
  const weights = versions.map((version, index) => ({
    version,
    weight: index === 0 ? WEIGHT_TOTAL - share * (versions.length - 1) : share,
  }));
  const revision = (await registry.routes.current(mission))?.revision ?? 0;
  await setRoute({ registry, mission, revision, weights, rules: [], by: 'bench', reason: 'bench', force: true });
}

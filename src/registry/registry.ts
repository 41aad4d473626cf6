/** The registry: one store for all that must outlive a process, in PostgreSQL or embedded in a project folder. */
import { userInfo } from 'node:os';
import { loadKeyring } from '../encryption/load-keyring.ts';
import { type Answers, createAnswers } from './answers.ts';
import { type Artifacts, createArtifacts } from './artifacts.ts';
import { type Audit, createAudit } from './audit.ts';
import { type Collection, createCollection } from './collection.ts';
import type { RegistryContext } from './context.ts';
import { createDeployments, type Deployments, readDeploymentPrefix } from './deployments.ts';
import { createDrifts, type Drifts } from './drifts.ts';
import { createEpochs, type Epochs } from './epochs.ts';
import { createHosting, type Hosting } from './hosting.ts';
import { createInterventions, type Interventions } from './interventions.ts';
import { migrate } from './migrate.ts';
import { lockMission } from './mission-lock.ts';
import { openEngine, type RegistryOptions } from './open-engine.ts';
import { createRecordings, type Recordings } from './recordings.ts';
import { createReplayHosts, type ReplayHosts } from './replay-hosts.ts';
import { createReplays, type Replays } from './replays.ts';
import { createReports, type Reports } from './reports.ts';
import { createRetention, type Retention } from './retention.ts';
import { createRoutes, type Routes } from './routes.ts';
import { createSchedules, type Schedules } from './schedules.ts';
import { createShadows, type Shadows } from './shadows.ts';
import { insideTransaction, type SqlEngine } from './sql.ts';
import { createVault, type Vault } from './vault.ts';
import { createVersions, type Versions } from './versions.ts';
import { createWorkers, type Workers } from './workers.ts';

export type { RegistryOptions } from './open-engine.ts';

/** The nouns of the registry. */
export interface RegistryNouns {
  readonly artifacts: Artifacts;
  readonly versions: Versions;
  readonly routes: Routes;
  readonly recordings: Recordings;
  readonly reports: Reports;
  readonly interventions: Interventions;
  readonly deployments: Deployments;
  readonly epochs: Epochs;
  readonly drifts: Drifts;
  readonly hosting: Hosting;
  readonly workers: Workers;
  readonly answers: Answers;
  readonly audit: Audit;
  readonly collection: Collection;
  readonly retention: Retention;
  readonly shadows: Shadows;
  readonly schedules: Schedules;
  readonly replays: Replays;
  readonly replayHosts: ReplayHosts;
}

export interface Registry extends RegistryNouns {
  readonly kind: SqlEngine['kind'];
  /** Where it is, for messages. Never with a password. */
  readonly place: string;
  /** Seals what is kept of runs elsewhere too: in regression cases. */
  readonly vault: Vault;
  /**
   * Runs several changes to one mission as one: all are stored, or none. Use only the nouns given to `work`, and change
   * no other mission in it.
   */
  atomically<T>(mission: string, work: (nouns: RegistryNouns) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/**
 * Opens the registry and brings its schema up to date.
 *
 * @throws MissionError `REGISTRY_UNAVAILABLE` when PostgreSQL cannot be reached or is too old, `REGISTRY_LOCKED` when
 * another process has the folder open, `REGISTRY_WRITE_FAILED` when the disk is full or the folder cannot be written,
 * `REGISTRY_SCHEMA_MISMATCH` when another release made the schema, `CONFIG_INVALID` when the URL is not one, or the prefix
 * of deployments.
 */
export async function openRegistry(options: RegistryOptions = {}): Promise<Registry> {
  const clock = options.clock ?? (() => new Date());
  const deploymentPrefix = readDeploymentPrefix(options.deploymentPrefix ?? process.env['MISSION_DEPLOYMENT_PREFIX']);
  const engine = await openEngine(options, clock());
  try {
    await migrate(engine, { readOnly: options.readOnly === true, now: clock() });
    const vault = createVault(options.keyring ?? (await loadKeyring({ env: process.env })));
    const actor = options.actor ?? userInfo().username;
    return createRegistry(engine, { clock, actor, vault, deploymentPrefix });
  } catch (error) {
    await engine.close();
    throw error;
  }
}

function createRegistry(engine: SqlEngine, given: Omit<RegistryContext, 'sql'>): Registry {
  return {
    kind: engine.kind,
    place: engine.place,
    vault: given.vault,
    ...createNouns({ ...given, sql: engine }, engine),
    atomically: (mission, work) =>
      engine.transaction(async (session) => {
        await lockMission(session, mission, given.clock(), given.deploymentPrefix);
        return work(createNouns({ ...given, sql: insideTransaction(session) }, engine));
      }),
    close: () => engine.close(),
  };
}

function createNouns(context: RegistryContext, engine: SqlEngine): RegistryNouns {
  return {
    artifacts: createArtifacts(context),
    versions: createVersions(context),
    routes: createRoutes(context, engine),
    recordings: createRecordings(context),
    reports: createReports(context),
    deployments: createDeployments(context),
    epochs: createEpochs(context),
    drifts: createDrifts(context),
    hosting: createHosting(context, engine),
    workers: createWorkers(context),
    interventions: createInterventions(context),
    answers: createAnswers(context),
    audit: createAudit(context),
    collection: createCollection(context),
    retention: createRetention(context),
    shadows: createShadows(context),
    schedules: createSchedules(context),
    replays: createReplays(context),
    replayHosts: createReplayHosts(context),
  };
}

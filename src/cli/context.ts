/** What commands work with, opened when a command asks for it and closed when it ends. */
import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import type { PayloadCodec } from '@temporalio/common';
import type { Keyring } from '../encryption/keyring.ts';
import type { Registry } from '../registry/registry.ts';
import type { Vault } from '../registry/vault.ts';
import { isMissionError, MissionError } from '../shared/errors.ts';
import { formatVersionRef, parseVersionOf, parseVersionRef, type VersionRef } from '../shared/version-ref.ts';
import type { Tracing } from '../telemetry/tracing.ts';
import type { TemporalConnection } from '../temporal/connection.ts';
import type { CliIo } from './io.ts';
import { nameOwner } from './name-owner.ts';
import type { Output } from './output.ts';
import { findProject, missionsInSource } from './project.ts';

export interface ContextOptions {
  readonly io: CliIo;
  readonly output: Output;
  /** `--project`. */
  readonly project?: string | undefined;
  /** A registry that is open already, when this command runs for another process. It is not closed. */
  readonly shared?: Registry | undefined;
}

export class CliContext {
  readonly root: string;
  readonly #options: ContextOptions;
  #registry: Promise<Registry> | undefined;
  #temporal: Promise<TemporalConnection> | undefined;
  #tracing: Tracing | undefined;

  constructor(options: ContextOptions) {
    this.#options = options;
    this.root = options.project === undefined ? findProject(options.io.cwd) : resolve(options.io.cwd, options.project);
  }

  /** The keys of payloads and recordings: of the environment, or of the project's own file. */
  async keyring(): Promise<Keyring | undefined> {
    const { loadKeyring } = await import('../encryption/load-keyring.ts');
    return loadKeyring({ env: this.#options.io.env, file: this.inside('payload.keys') });
  }

  /** What files of the project are encrypted with. */
  async vault(): Promise<Vault> {
    const { createVault } = await import('../registry/vault.ts');
    return createVault(await this.keyring());
  }

  /** Who acts, for ledger and audit trail: `MISSION_ACTOR`, or the user of the operating system. */
  get actor(): string {
    return this.#options.io.env['MISSION_ACTOR'] || userInfo().username;
  }

  /** `.mission` in the project: registry, server, reports. */
  inside(...path: string[]): string {
    return join(this.root, '.mission', ...path);
  }

  /** A path of the command line. */
  path(given: string): string {
    return resolve(this.#options.io.cwd, given);
  }

  /** Whether several processes can use the registry at once. */
  get isEmbedded(): boolean {
    return !this.#options.io.env['DATABASE_URL'];
  }

  /**
   * The registry of the project. `look` is for commands that change nothing: where there is no registry yet they say so
   * instead of making one.
   *
   * @throws MissionError `REGISTRY_LOCKED` naming the process that has it, `MISSION_UNKNOWN` when there is none to look at.
   */
  async registry(purpose: 'look' | 'change' = 'look'): Promise<Registry> {
    const { shared } = this.#options;
    if (shared !== undefined) return shared;
    if (purpose === 'look' && this.isEmbedded && !existsSync(this.inside('registry', 'data'))) throw this.#empty();
    this.#registry ??= this.#openRegistry();
    return this.#registry;
  }

  /** Temporal as the environment names it, or else the project's own server, which is started and goes on afterwards. */
  temporal(owner: 'process' | 'detached' = 'detached'): Promise<TemporalConnection> {
    this.#temporal ??= this.#connect(owner);
    return this.#temporal;
  }

  /** The same, but nothing is started for it: `undefined` where the project's own server is meant and does not run. */
  async runningTemporal(): Promise<TemporalConnection | undefined> {
    const [{ resolveTarget }, { findEmbeddedServer }, { embeddedDirectory }] = await Promise.all([
      import('../temporal/connection-target.ts'),
      import('../temporal/embedded-server.ts'),
      import('../temporal/embedded-state.ts'),
    ]);
    const isNamed = resolveTarget({ env: this.#options.io.env }).address !== undefined;
    if (!isNamed && (await findEmbeddedServer(embeddedDirectory(this.root))) === undefined) return undefined;
    return this.temporal();
  }

  /**
   * The mission that is meant.
   *
   * @param given - its name; may be left out when there is only one
   * @throws MissionError `USAGE` when there are several or none.
   */
  async mission(given: string | undefined): Promise<string> {
    if (given !== undefined) return given;
    const source = missionsInSource(this.root);
    const names = source.length === 1 ? source : await (await this.registry()).versions.missions();
    const [only, ...others] = names;
    if (only !== undefined && others.length === 0) return only;
    throw notOne(names.length > 0 ? names : source, this.root);
  }

  /** The missions that are meant: the given one, or all of the registry. */
  async missions(given: string | undefined): Promise<readonly string[]> {
    return given === undefined ? (await this.registry()).versions.missions() : [given];
  }

  /**
   * A version of the command line: `refund-eligibility@3`, or `@3` where there is one mission.
   *
   * @param given - the mission that is named beside it, if one is: then it has to be its version
   */
  async ref(text: string, given?: string): Promise<VersionRef> {
    if (given !== undefined) return parseVersionOf(given, text);
    const named = /^[a-z]/.test(text) && text.includes('@');
    return parseVersionRef(text, named ? undefined : await this.mission(undefined));
  }

  /** Closes what was opened. */
  async close(): Promise<void> {
    const temporal = await this.#temporal?.catch(() => undefined);
    await temporal?.close();
    await this.#tracing?.close();
    const registry = await this.#registry?.catch(() => undefined);
    await registry?.close();
  }

  async #openRegistry(): Promise<Registry> {
    const { openRegistry } = await import('../registry/registry.ts');
    const { env } = this.#options.io;
    try {
      return await openRegistry({
        databaseUrl: env['DATABASE_URL'],
        directory: this.inside('registry'),
        actor: this.actor,
        keyring: await this.keyring(),
        deploymentPrefix: env['MISSION_DEPLOYMENT_PREFIX'],
      });
    } catch (error) {
      throw isMissionError(error, 'REGISTRY_LOCKED') ? await nameOwner(error) : error;
    }
  }

  async #connect(owner: 'process' | 'detached'): Promise<TemporalConnection> {
    const [{ connectTemporal }, { embeddedDirectory }, { startTracing }] = await Promise.all([
      import('../temporal/connection.ts'),
      import('../temporal/embedded-state.ts'),
      import('../telemetry/tracing.ts'),
    ]);
    const { io, output } = this.#options;
    this.#tracing = await startTracing(io.env);
    const embedded = { directory: embeddedDirectory(this.root), owner, progress: (line: string) => output.note(line) };
    const [keyring, codecs] = await Promise.all([this.keyring(), this.#ownCodecs()]);
    return connectTemporal({ env: io.env, embedded, keyring, codecs });
  }

  /** Codecs of the project's own workers, such as compression. */
  async #ownCodecs(): Promise<readonly PayloadCodec[]> {
    const path = this.#options.io.env['MISSION_PAYLOAD_CODEC'];
    return path ? (await import('./load-codecs.ts')).loadWorkerCodecs(path, this.root) : [];
  }

  #empty(): MissionError {
    const [only] = missionsInSource(this.root);
    return new MissionError('MISSION_UNKNOWN', `Nothing has been published in ${this.root} yet: it has no registry.`, {
      remedy: `Publish a mission: mission publish${only === undefined ? ' <mission>' : ` ${only}`}. For the registry of a team, set DATABASE_URL; for another folder, use --project.`,
      details: { project: this.root },
    });
  }
}

function notOne(names: readonly string[], root: string): MissionError {
  if (names.length === 0) {
    return new MissionError('USAGE', `There is no mission in ${root}, neither in workflows/ nor in its registry.`, {
      remedy:
        'Go to the project, or name it with --project. A mission has its code in workflows/<mission>/workflow.ts.',
      details: { project: root },
    });
  }
  return new MissionError('USAGE', `There are ${names.length} missions here, and none is named: ${names.join(', ')}.`, {
    remedy: `Name the one you mean, a version as ${formatVersionRef({ mission: names[0] ?? '', number: 1 })}.`,
    details: { missions: [...names] },
  });
}

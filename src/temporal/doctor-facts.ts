/** Gathers what `doctor.ts` judges. Nothing is started, downloaded or changed by looking. */
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isMissionError, messageOf } from '../shared/errors.ts';
import { connectTemporal, type TemporalConnection } from './connection.ts';
import { type ConnectionTarget, resolveTarget, type TargetOptions } from './connection-target.ts';
import type { ConnectionFact, DoctorFacts, SelfReport, ServerFact } from './doctor.ts';
import { lookAtNamespace, type NamespaceFacts } from './doctor-namespace.ts';
import { type EmbeddedServer, findEmbeddedServer } from './embedded-server.ts';
import { embeddedDirectory } from './embedded-state.ts';
import { findServer } from './find-server.ts';
import { protobufCopies, requiredNode, temporalPackages } from './installed-packages.ts';
import { runCommand } from './run-command.ts';

export interface DoctorOptions extends TargetOptions {
  readonly projectDirectory: string;
  /** Asks the registry how it is. */
  readonly registry: () => Promise<SelfReport>;
  /** For connecting. @default 5 000 */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 5_000;

interface TemporalFacts {
  readonly server: ServerFact;
  readonly connection: ConnectionFact;
  readonly namespace: NamespaceFacts | undefined;
}

/** Looks at this machine, this project and its servers. Never throws: what goes wrong is a fact too. */
export async function gatherDoctorFacts(options: DoctorOptions): Promise<DoctorFacts> {
  const [temporal, registry, git, disk, protobufjs] = await Promise.all([
    lookAtTemporal(options),
    options.registry().catch((error: unknown): SelfReport => ({ ok: false, ...told(error) })),
    lookAtGit(options.projectDirectory),
    lookAtDisk(options.projectDirectory),
    protobufCopies(),
  ]);
  const node = { version: process.versions.node, required: requiredNode() };
  return { node, ...temporal, registry, git, disk, protobufjs, sdk: temporalPackages() };
}

async function lookAtTemporal(options: DoctorOptions): Promise<TemporalFacts> {
  try {
    const target = resolveTarget(options);
    const embedded =
      target.address === undefined ? await findEmbeddedServer(embeddedDirectory(options.projectDirectory)) : undefined;
    const server = await lookAtServer(target, embedded, options.env ?? process.env);
    const address = target.address ?? embedded?.address;
    if (address === undefined) return { server, connection: { state: 'not-started' }, namespace: undefined };
    const namespace = embedded?.namespace ?? target.namespace;
    return { server, ...(await lookThroughConnection({ ...options, address, namespace })) };
  } catch (error) {
    const { found, remedy } = told(error);
    const server: ServerFact = { kind: 'missing', message: found };
    return { server, connection: { state: 'failed', message: found, remedy }, namespace: undefined };
  }
}

async function lookAtServer(
  target: ConnectionTarget,
  embedded: EmbeddedServer | undefined,
  env: NodeJS.ProcessEnv,
): Promise<ServerFact> {
  if (target.address !== undefined && target.source !== 'none') {
    return { kind: 'named', address: target.address, source: target.source };
  }
  if (embedded !== undefined) {
    return { kind: 'running', address: embedded.address, uiAddress: embedded.uiAddress, version: embedded.version };
  }
  try {
    const { from, path, version } = await findServer({ env, downloads: false });
    return { kind: 'startable', from, path, version };
  } catch (error) {
    return { kind: 'missing', message: messageOf(error) };
  }
}

async function lookThroughConnection(
  options: TargetOptions & { readonly timeoutMs?: number },
): Promise<Omit<TemporalFacts, 'server'>> {
  let temporal: TemporalConnection | undefined;
  try {
    temporal = await connectTemporal({ ...options, timeoutMs: options.timeoutMs ?? TIMEOUT_MS });
    const { address, namespace, connection } = temporal;
    const { serverVersion } = await connection.workflowService.getSystemInfo({});
    const about = await lookAtNamespace(connection, namespace);
    return { connection: { state: 'connected', address, namespace, serverVersion }, namespace: about };
  } catch (error) {
    const { found, remedy } = told(error);
    return { connection: { state: 'failed', message: found, remedy }, namespace: undefined };
  } finally {
    await temporal?.close();
  }
}

async function lookAtGit(directory: string): Promise<DoctorFacts['git']> {
  const version = await runCommand('git', ['--version'], { timeoutMs: TIMEOUT_MS });
  const inside = await runCommand('git', ['rev-parse', '--is-inside-work-tree'], {
    timeoutMs: TIMEOUT_MS,
    cwd: directory,
  });
  return {
    version: version.ok ? version.stdout.replace('git version', '').trim() : undefined,
    repository: inside.ok,
  };
}

/** Of the directory, or of the nearest one above it that exists. */
async function lookAtDisk(directory: string): Promise<DoctorFacts['disk']> {
  try {
    const { bavail, bsize } = await statfs(directory);
    return { directory, freeBytes: bavail * bsize };
  } catch (error) {
    if (dirname(directory) === directory) throw error;
    return lookAtDisk(dirname(directory));
  }
}

function told(error: unknown): { readonly found: string; readonly remedy: string } {
  const remedy = isMissionError(error) ? error.remedy : undefined;
  return {
    found: messageOf(error),
    remedy: remedy ?? 'This comes from outside of mission-runtime: the message is all that is known.',
  };
}

/** What is well with an installation and what is not: a pure reading of facts that `doctor-facts.ts` gathers. */
import { assertNever } from '../shared/assert-never.ts';
import type { ConnectionSource } from './connect-failure.ts';
import { type NamespaceFacts, namespaceFactFindings } from './doctor-namespace.ts';
import { isAtLeast, OLDEST_SERVER, type ServerVersion } from './server-binary.ts';

export interface DoctorFinding {
  /** `node`, `temporal server`, `registry`, …: stable, for scripts. */
  readonly check: string;
  /** `warn` works, but not for everything or not for long; `fail` must be mended first. */
  readonly status: 'ok' | 'warn' | 'fail';
  readonly found: string;
  /** Present unless the status is `ok`. */
  readonly remedy?: string;
}

/** What another room says of itself: in order, or a message and what to do. */
export type SelfReport =
  | { readonly ok: true; readonly found: string }
  | { readonly ok: false; readonly found: string; readonly remedy: string };

export type ServerFact =
  | { readonly kind: 'named'; readonly address: string; readonly source: ConnectionSource }
  | { readonly kind: 'running'; readonly address: string; readonly uiAddress: string; readonly version: ServerVersion }
  | { readonly kind: 'startable'; readonly from: string; readonly path: string; readonly version: ServerVersion }
  | { readonly kind: 'missing'; readonly message: string };

export type ConnectionFact =
  | {
      readonly state: 'connected';
      readonly address: string;
      readonly namespace: string;
      readonly serverVersion: string;
    }
  | { readonly state: 'failed'; readonly message: string; readonly remedy: string }
  /** Nobody named a server and the project's own does not run; it is started on demand. */
  | { readonly state: 'not-started' };

export interface DoctorFacts {
  readonly node: { readonly version: string; readonly required: string };
  readonly server: ServerFact;
  readonly connection: ConnectionFact;
  /** Absent where there is no connection. */
  readonly namespace: NamespaceFacts | undefined;
  readonly registry: SelfReport;
  readonly git: { readonly version: string | undefined; readonly repository: boolean };
  readonly disk: { readonly directory: string; readonly freeBytes: number };
  /** The copies of protobufjs that Temporal's packages load: path → version. */
  readonly protobufjs: Readonly<Record<string, string>>;
  /** Temporal's packages: name → version. */
  readonly sdk: Readonly<Record<string, string>>;
}

const MEGABYTE = 1_000_000;
const DISK_FAIL_BYTES = 200 * MEGABYTE;
const DISK_WARN_BYTES = 2_000 * MEGABYTE;

/** All findings, in the order in which problems are best mended. */
export function diagnose(facts: DoctorFacts): readonly DoctorFinding[] {
  return [
    nodeFinding(facts),
    sdkFinding(facts),
    protobufFinding(facts),
    serverFinding(facts.server),
    connectionFinding(facts.connection),
    ...namespaceFindings(facts),
    registryFinding(facts.registry),
    gitFinding(facts),
    diskFinding(facts),
  ];
}

function nodeFinding({ node }: DoctorFacts): DoctorFinding {
  if (isAtLeast(node.version, node.required)) return ok('node', node.version);
  return fail('node', `${node.version}, older than ${node.required}`, `Install Node ${node.required} or later.`);
}

function sdkFinding({ sdk }: DoctorFacts): DoctorFinding {
  const versions = [...new Set(Object.values(sdk))];
  if (versions.length === 1) return ok('temporal sdk', versions[0] ?? '');
  const found = Object.entries(sdk).map(([name, version]) => `${name} ${version}`);
  return fail(
    'temporal sdk',
    `different versions: ${found.join(', ')}`,
    'Install all @temporalio packages in one version.',
  );
}

function protobufFinding({ protobufjs }: DoctorFacts): DoctorFinding {
  const copies = Object.entries(protobufjs).map(([path, version]) => `${version} in ${path}`);
  if (copies.length === 1) return ok('protobufjs', `one copy, ${Object.values(protobufjs)[0]}`);
  return fail(
    'protobufjs',
    `${copies.length} copies: ${copies.join('; ')}`,
    'Histories cannot be read with several copies. Add protobufjs as a dependency in the version that @temporalio/proto wants, and install again.',
  );
}

function serverFinding(server: ServerFact): DoctorFinding {
  const check = 'temporal server';
  switch (server.kind) {
    case 'named':
      return ok(check, `${server.address} (${server.source})`);
    case 'running':
      return ok(check, `the project's own, ${server.version.server}, at ${server.address}, UI ${server.uiAddress}`);
    case 'startable':
      return ok(check, `${server.version.server}, ${server.path} (${server.from}); started on demand`);
    case 'missing':
      return warn(
        check,
        'none on this machine',
        'It is fetched when first needed. Where nothing may be downloaded: put temporal on PATH, or set TEMPORAL_ADDRESS.',
      );
    default:
      return assertNever(server);
  }
}

function connectionFinding(connection: ConnectionFact): DoctorFinding {
  const check = 'temporal connection';
  switch (connection.state) {
    case 'not-started':
      return ok(check, "the project's own server does not run now");
    case 'failed':
      return fail(check, connection.message, connection.remedy);
    case 'connected':
      if (connection.serverVersion === '' || isAtLeast(connection.serverVersion, OLDEST_SERVER)) {
        return ok(check, `${connection.address} answers, server ${connection.serverVersion || 'of unknown version'}`);
      }
      return fail(
        check,
        `${connection.address} is server ${connection.serverVersion}`,
        `Runs are pinned by Worker Versioning: upgrade the server to ${OLDEST_SERVER} or later.`,
      );
    default:
      return assertNever(connection);
  }
}

function namespaceFindings(facts: DoctorFacts): readonly DoctorFinding[] {
  const { connection, namespace: about, server } = facts;
  if (connection.state !== 'connected') return [];
  return [
    ok('namespace', connection.namespace),
    ...(about === undefined ? [] : namespaceFactFindings(about, server.kind !== 'named')),
  ];
}

function registryFinding(registry: SelfReport): DoctorFinding {
  return registry.ok ? ok('registry', registry.found) : fail('registry', registry.found, registry.remedy);
}

function gitFinding({ git }: DoctorFacts): DoctorFinding {
  if (git.version === undefined) {
    return warn('git', 'not installed', 'Install git: without it, versions cannot name the commit they are from.');
  }
  if (git.repository) return ok('git', `${git.version}, in a repository`);
  return warn(
    'git',
    `${git.version}, not in a repository`,
    'Run git init: without it, versions cannot name their commit.',
  );
}

function diskFinding({ disk }: DoctorFacts): DoctorFinding {
  const found = `${Math.floor(disk.freeBytes / MEGABYTE)} MB free in ${disk.directory}`;
  if (disk.freeBytes >= DISK_WARN_BYTES) return ok('disk space', found);
  const status = disk.freeBytes < DISK_FAIL_BYTES ? fail : warn;
  return status('disk space', found, 'Free some space: recordings and the servers of the project are kept there.');
}

function ok(check: string, found: string): DoctorFinding {
  return { check, status: 'ok', found };
}

function warn(check: string, found: string, remedy: string): DoctorFinding {
  return { check, status: 'warn', found, remedy };
}

function fail(check: string, found: string, remedy: string): DoctorFinding {
  return { check, status: 'fail', found, remedy };
}

/** What of Temporal's packages is really installed beside us. */
import { realpath } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import * as z from 'zod';

const TEMPORAL_PACKAGES = ['activity', 'client', 'common', 'core-bridge', 'envconfig', 'proto', 'worker', 'workflow'];
/** Those that read and write histories with protobufjs; a copy of their own would be one too many. */
const PROTOBUF_USERS = ['client', 'common', 'proto', 'worker'];

const manifest = z.object({ version: z.string(), engines: z.object({ node: z.string() }).optional() });

/** Temporal's packages as we load them: name → version. */
export function temporalPackages(): Readonly<Record<string, string>> {
  const require = createRequire(import.meta.url);
  const names = TEMPORAL_PACKAGES.map((name) => `@temporalio/${name}`);
  return Object.fromEntries(names.map((name) => [name, readVersion(require, `${name}/package.json`)]));
}

/** The copies of protobufjs that Temporal's packages load: folder → version. More than one breaks histories. */
export async function protobufCopies(): Promise<Readonly<Record<string, string>>> {
  const require = createRequire(import.meta.url);
  const copies = PROTOBUF_USERS.map(async (name): Promise<[string, string]> => {
    const requireThere = createRequire(require.resolve(`@temporalio/${name}/package.json`));
    const file = requireThere.resolve('protobufjs/package.json');
    return [dirname(await realpath(file)), readVersion(requireThere, 'protobufjs/package.json')];
  });
  return Object.fromEntries(await Promise.all(copies));
}

/** The first Node version that mission-runtime runs on: `20.19`. */
export function requiredNode(): string {
  const { engines } = manifest.parse(createRequire(import.meta.url)('../../package.json'));
  return (engines?.node ?? '').replace(/^[^\d]*/, '');
}

function readVersion(require: NodeJS.Require, path: string): string {
  return manifest.parse(require(path)).version;
}

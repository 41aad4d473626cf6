/** The modules of confined processes as texts that hold all that they need: fewer files to find at the start, and none of Temporal's core. */
import { fileURLToPath } from 'node:url';
import { bundleSource, type WholeBundle } from '../registry/bundle-source.ts';

const [extension] = /\.[jt]s$/.exec(import.meta.url) ?? ['.js'];
const WHOLE: WholeBundle = {
  standIns: { '@temporalio/core-bridge': fileURLToPath(new URL(`./without-core${extension}`, import.meta.url)) },
  outside: { name: 'source-map', dependant: '@temporalio/worker' },
};

/** @param path of a module that calls `confine`, as TypeScript or as it is built */
export function bundleConfined(path: string): string {
  return bundleSource(path, WHOLE);
}

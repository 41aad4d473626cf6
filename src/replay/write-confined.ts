/** The last step of a build: writes each confined process beside its module, bundled, as `.cjs`. Built code starts its processes from these. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleConfined } from './confined-bundle.ts';

const CONFINED = ['./replay-process.js', './coverage-process.js', '../debug/player-process.js'];

for (const module of CONFINED) {
  const path = fileURLToPath(new URL(module, import.meta.url));
  writeFileSync(path.replace(/\.js$/, '.cjs'), bundleConfined(path));
}

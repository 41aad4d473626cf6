/** The last step of a build: `write-confined.js <module>…` writes each bundled, beside itself, as `.cjs`. Built code starts its processes from these. */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { bundleConfined } from './confined-bundle.ts';

for (const module of process.argv.slice(2)) {
  const path = resolve(module);
  writeFileSync(path.replace(/\.js$/, '.cjs'), bundleConfined(path));
}

/**
 * `npm run bench:production`: what versions cost in production, beside plain Temporal in one run, each part on a
 * server and a PostgreSQL of its own.
 *
 * `--only <start|throughput|rollback|memory|growth>` takes a part (may be given again), `--quick` takes small sizes,
 * `--json` prints one JSON object.
 */
import { availableParallelism, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { quietRuntime } from '../../test/support/quiet-runtime.ts';
import { describeGrowth, measureGrowth } from './growth.ts';
import { describeMemory, measureMemory } from './memory.ts';
import { describeRollback, measureRollback } from './rollback.ts';
import { openStand, type Stand } from './stand.ts';
import { describeStarts, measureStarts } from './start-latency.ts';
import { describeThroughput, measureThroughput } from './throughput.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

interface Part {
  readonly title: string;
  readonly run: (stand: Stand, quick: boolean) => Promise<Done>;
}

interface Done {
  readonly measured: unknown;
  readonly lines: readonly string[];
}

function part<Measured>(
  title: string,
  measure: (stand: Stand, quick: boolean) => Promise<Measured>,
  describe: (measured: Measured) => readonly string[],
): Part {
  const run = async (stand: Stand, quick: boolean) => {
    const measured = await measure(stand, quick);
    return { measured, lines: describe(measured) };
  };
  return { title, run };
}

const PARTS: Readonly<Record<string, Part>> = {
  start: part(
    'Starting a run',
    (stand, quick) => measureStarts(stand, quick ? 1 : 5, quick ? 50 : 200),
    describeStarts,
  ),
  throughput: part(
    'Whole runs',
    (stand, quick) => measureThroughput(stand, quick ? 2 : 5, quick ? 100 : 300),
    describeThroughput,
  ),
  rollback: part(
    'Rolling back under load',
    (stand, quick) => measureRollback(stand, quick ? 20 : 100, 12, tell),
    describeRollback,
  ),
  memory: part(
    'Memory of live versions',
    (stand, quick) =>
      measureMemory(
        stand,
        quick ? { published: 20, live: 10, plain: 3 } : { published: 1_000, live: 100, plain: 8 },
        tell,
      ),
    describeMemory,
  ),
  growth: part(
    'Growth',
    (stand, quick) =>
      measureGrowth(
        stand,
        quick
          ? { versions: [10, 50], recordings: [500, 2_000] }
          : { versions: [10, 1_000], recordings: [1_000, 100_000] },
        tell,
      ),
    describeGrowth,
  ),
};

const startedMs = performance.now();

function tell(line: string): void {
  console.error(`${((performance.now() - startedMs) / 1_000).toFixed(0).padStart(4)} s  ${line}`);
}

const machine = `${availableParallelism()} processors, ${Math.round(totalmem() / 2 ** 30)} GB, node ${process.version}`;
const wanted = values.only ?? Object.keys(PARTS);
const unknown = wanted.find((name) => PARTS[name] === undefined);
if (unknown !== undefined) {
  console.error(`There is no part "${unknown}": ${Object.keys(PARTS).join(', ')}.`);
  process.exit(2);
}

quietRuntime();
const results: Record<string, unknown> = {};
if (!values.json) console.log(`${machine}\n`);
for (const [name, { title, run }] of Object.entries(PARTS)) {
  if (!wanted.includes(name)) continue;
  tell(title);
  // Each on a server of its own: what one part leaves open would be work for the next.
  const stand = await openStand();
  try {
    const { measured, lines } = await run(stand, values.quick);
    results[name] = measured;
    if (!values.json) console.log([title, ...lines, ''].join('\n'));
  } finally {
    await stand.close();
  }
}
if (values.json) console.log(JSON.stringify({ machine, ...results }, null, 2));

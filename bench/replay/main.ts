/**
 * `npm run bench:replay`: our replay and Temporal's own replayer on the same histories, by turns on the same machine, each
 * in processes of its own; what ours starts counts as its own. Prints histories per second, the ratios, and memory as the cohort grows.
 *
 *   --series missions,plain   which histories (default: both)
 *   --recordings 10000        how many per measurement; of fewer, more is spent on getting warm
 *   --rounds 1                how often each is measured; a round takes five minutes for each series
 *   --memory 1000,10000       cohorts whose memory is measured; 100000 takes minutes; 0 for none
 *   --distinct 100            distinct runs that are recorded
 *   --json                    everything that was measured, as JSON on standard output
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildMeasure } from './built-measure.ts';
import { makeHistories, type Series } from './make-histories.ts';
import { type Measured, measure, perSecond, type Way } from './measured.ts';

const { values: flags } = parseArgs({
  options: {
    series: { type: 'string', default: 'missions,plain' },
    recordings: { type: 'string', default: '10000' },
    rounds: { type: 'string', default: '1' },
    memory: { type: 'string', default: '1000,10000' },
    distinct: { type: 'string', default: '100' },
    json: { type: 'boolean', default: false },
  },
});
const recordings = Number(flags.recordings);
const processors = availableParallelism();

interface Row {
  readonly name: string;
  readonly way: Way;
  readonly workers: number;
  readonly processes: number;
  /** The row that it is compared with. */
  readonly against?: string;
}

const ALONE = 'official, as it is (runReplayHistories)';
const MANY = `official, in ${processors} processes`;
const ROWS: readonly Row[] = [
  { name: ALONE, way: 'official', workers: 1, processes: 1 },
  { name: MANY, way: 'official', workers: 1, processes: processors },
  { name: 'ours, 1 process', way: 'ours', workers: 1, processes: 1, against: ALONE },
  { name: `ours, ${processors} processes`, way: 'ours', workers: processors, processes: 1, against: ALONE },
  {
    name: `ours, ${processors} processes, with self-check`,
    way: 'checked',
    workers: processors,
    processes: 1,
    against: ALONE,
  },
];

interface RowResult {
  readonly name: string;
  readonly rounds: readonly Measured[];
}

const say = (text: string) => (flags.json ? console.error(text) : console.log(text));

async function measureRows(series: Series): Promise<RowResult[]> {
  const rounds = new Map<string, Measured[]>(ROWS.map(({ name }) => [name, []]));
  for (let round = 1; round <= Number(flags.rounds); round += 1) {
    for (const { name, way, workers, processes } of ROWS) {
      const measured = await measure(script, { way, series, total: recordings, workers, fromDisk: false }, processes);
      rounds.get(name)?.push(measured);
      say(`  round ${round}  ${name.padEnd(42)}${figures(measured)}`);
    }
  }
  return [...rounds].map(([name, measured]) => ({ name, rounds: measured }));
}

function figures(measured: Measured): string {
  const { cpuMs, warmCpuMs, firstMs, rssMb, matched, total, warmPerSecond } = measured;
  return [
    `${perSecond(measured).toFixed(0).padStart(6)}/s`,
    `warm ${warmPerSecond.toFixed(0).padStart(5)}/s`,
    `CPU ${cpuMs.toFixed(2).padStart(6)} ms each, warm ${warmCpuMs.toFixed(2)}`,
    `first ${String(firstMs).padStart(5)} ms`,
    `peak ${String(rssMb.peak).padStart(4)} MB`,
    `as recorded ${matched} of ${total}`,
  ].join('  ');
}

const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;

interface Ratio {
  readonly name: string;
  readonly against: string;
  /** Median over the rounds, each round against itself. */
  readonly rate: number;
  readonly warmRate: number;
  readonly cpu: number;
  readonly warmCpu: number;
}

function ratiosOf(results: readonly RowResult[]): Ratio[] {
  const find = (name: string) => results.find((result) => result.name === name)?.rounds ?? [];
  return ROWS.flatMap(({ name, against }) => {
    if (against === undefined) return [];
    const others = name === `ours, ${processors} processes` ? [against, MANY] : [against];
    return others.map((other) => {
      const ratio = (of: (measured: Measured) => number) =>
        median(find(name).map((measured, round) => of(measured) / of(find(other)[round] ?? measured)));
      return {
        name,
        against: other,
        rate: ratio(perSecond),
        warmRate: ratio((one) => one.warmPerSecond),
        cpu: 1 / ratio(({ cpuMs }) => cpuMs),
        warmCpu: 1 / ratio(({ warmCpuMs }) => warmCpuMs),
      };
    });
  });
}

function sayRatios(ratios: readonly Ratio[]): void {
  say('\n  Median ratios: histories per second, when warm, CPU per history, when warm');
  for (const { name, against, rate, warmRate, cpu, warmCpu } of ratios) {
    const numbers = [rate, warmRate, cpu, warmCpu].map((ratio) => `${ratio.toFixed(1)}×`.padStart(8)).join('');
    say(`  ${name.padEnd(42)}${numbers}   against ${against}`);
  }
}

async function measureMemory(series: Series) {
  const sizes = flags.memory
    .split(',')
    .map(Number)
    .filter((size) => size > 0);
  const found: { readonly recordings: number; readonly measured: Measured }[] = [];
  if (sizes.length > 0)
    say('\nMemory as the cohort grows (resident, all processes, report included; what they share is counted in each)');
  for (const total of sizes) {
    const measured = await measure(script, { way: 'ours', series, total, workers: processors, fromDisk: true });
    found.push({ recordings: total, measured });
    say(`  ${String(total).padStart(7)} recordings  late ${measured.rssMb.late} MB  ${figures(measured)}`);
  }
  return found;
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const script = await buildMeasure(root);
const folder = await mkdtemp(join(tmpdir(), 'bench-replay-'));
try {
  say(`Recording ${flags.distinct} runs of each kind on a real server…`);
  const made = await makeHistories(root, folder, Number(flags.distinct), recordings);
  const machine = {
    processors,
    model: cpus()[0]?.model ?? '',
    node: process.version,
    load: loadavg()[0] ?? 0,
  };
  say(
    `${processors} processors (${machine.model}), node ${machine.node}, load ${machine.load.toFixed(1)} before the start`,
  );
  say('The official replayer compares kinds, ids and types of commands; ours every payload and the end as well.');
  const series = [];
  for (const one of made.filter(({ name }) => flags.series.split(',').includes(name.split(':')[0] ?? ''))) {
    say(`\n${one.name}: ${recordings} of ${one.count} distinct runs, ${one.events.toFixed(0)} events on average`);
    const rows = await measureRows(one);
    const ratios = ratiosOf(rows);
    sayRatios(ratios);
    series.push({ name: one.name, events: one.events, recordings, rows, ratios });
  }
  const memory = await measureMemory(made[0]);
  if (flags.json) console.log(JSON.stringify({ machine, series, memory }, null, 2));
} finally {
  await rm(folder, { recursive: true, force: true });
}

/**
 * `npm run bench:replay`: our replay and Temporal's own replayer on the same histories, one after the other on the same
 * machine, each in a process of its own. Prints histories per second, the ratios, and memory as the cohort grows.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { makeHistories } from './make-histories.ts';

interface Measured {
  readonly total: number;
  readonly matched: number;
  readonly seconds: number;
  readonly perSecond: number;
  readonly firstMs: number;
  readonly peakRssMb: number;
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const script = fileURLToPath(new URL('./measure.ts', import.meta.url));

async function measure(kind: string, folder: string, recordings: number, workers: number): Promise<Measured> {
  const args = ['--import', 'tsx', script, kind, folder, String(recordings), String(workers)];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    cwd: root,
    maxBuffer: 1 << 26,
    timeout: 600_000,
  });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Measured;
}

function line(name: string, { perSecond, total, matched, firstMs, peakRssMb }: Measured, ratio?: number): void {
  const rate = `${perSecond.toFixed(0).padStart(6)} histories/s`;
  const times = ratio === undefined ? '' : `  ${ratio.toFixed(1)}×`;
  console.log(
    `${name.padEnd(46)}${rate}${times.padEnd(9)}  matched ${matched} of ${total}, first after ${firstMs.toFixed(0)} ms, peak ${peakRssMb} MB`,
  );
}

const rounds = Number(process.env['BENCH_ROUNDS'] ?? 3);
const folder = await mkdtemp(join(tmpdir(), 'bench-replay-'));
try {
  console.log('Recording 100 runs of refund-eligibility on a real server…');
  const made = await makeHistories(root, folder, 100);
  console.log(
    `${made.count} histories of ${made.events.toFixed(0)} events on average; ${availableParallelism()} processors; node ${process.version}\n`,
  );
  const threads = availableParallelism();
  const ratios: number[][] = [[], [], []];
  for (let round = 1; round <= rounds; round += 1) {
    const official = await measure('official', folder, 400, 1);
    const one = await measure('ours', folder, 4_000, 1);
    const all = await measure('ours', folder, 4_000, threads);
    const checked = await measure('checked', folder, 4_000, threads);
    console.log(`Round ${round} of ${rounds}`);
    line('Temporal’s replayer (runReplayHistories)', official);
    line('ours, 1 thread, every payload compared', one, one.perSecond / official.perSecond);
    line(`ours, ${threads} threads`, all, all.perSecond / official.perSecond);
    line(`ours, ${threads} threads, with self-check (2 replays)`, checked, checked.perSecond / official.perSecond);
    for (const [index, measured] of [one, all, checked].entries())
      ratios[index]?.push(measured.perSecond / official.perSecond);
  }
  const [one, all, checked] = ratios.map(
    (group) => [...group].sort((a, b) => a - b)[Math.floor(group.length / 2)] ?? 0,
  );
  console.log(
    `\nMedian ratio to Temporal’s replayer: ${one?.toFixed(1)}× on 1 thread, ${all?.toFixed(1)}× on ${threads}, ${checked?.toFixed(1)}× with self-check.`,
  );
  console.log('\nMemory as the cohort grows (whole process):');
  for (const count of [1_000, 10_000])
    line(`ours, ${threads} threads, ${count} recordings`, await measure('ours', folder, count, threads));
} finally {
  await rm(folder, { recursive: true, force: true });
}

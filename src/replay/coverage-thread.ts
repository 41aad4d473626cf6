/** A thread that replays recordings and tells which code ran: locked down as processes of replays are, with V8's own counters on. */
import { type Profiler, Session } from 'node:inspector';
import { parentPort, workerData } from 'node:worker_threads';
import type { WalkedFunction } from '../compare/code-coverage.ts';
import { messageOf } from '../shared/errors.ts';
import type { CoverageTask, CoverageThreadOptions, FromCoverageThread } from './coverage-protocol.ts';
import type { ReplayCandidate } from './departure.ts';
import { NO_LIVE_ANSWERS } from './live-answers.ts';
import { lockDown } from './lockdown.ts';
import { runTask } from './replay-task.ts';
import { createSandbox } from './sandbox.ts';

const port = parentPort;
if (port === null) throw new Error('coverage-thread runs in a worker thread only');
const { code, definition, modules, answers, limits } = workerData as CoverageThreadOptions;
/** By this name V8 tells the bundle from everything else that runs here. */
const FILE = '/replay/covered-bundle.js';
const session = new Session();
session.connect();
session.post('Profiler.enable');
session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
lockDown();

let loaded: Promise<ReplayCandidate> | undefined;

function candidate(): Promise<ReplayCandidate> {
  const inspected = { filename: FILE, sourceMapUrl: '' };
  loaded ??= createSandbox({ code, inspected }).then((sandbox) => ({ sandbox, definition }));
  return loaded;
}

/** What ran since it was last asked; functions that never ran come once. */
function takeFunctions(): Promise<WalkedFunction[]> {
  return new Promise((resolve, reject) => {
    session.post('Profiler.takePreciseCoverage', (error, { result } = { result: [] }) => {
      if (error !== null) reject(error);
      else resolve(result.filter(({ url }) => url.endsWith(FILE)).flatMap(({ functions }) => ownOf(functions)));
    });
  });
}

/** Packages have thousands. */
function ownOf(functions: readonly Profiler.FunctionCoverage[]): WalkedFunction[] {
  return functions
    .map(walkedOf)
    .filter((one) => modules.some(({ start, end }) => start <= one.start && one.end <= end));
}

function walkedOf({ functionName, ranges }: Profiler.FunctionCoverage): WalkedFunction {
  const [whole, ...blocks] = ranges;
  return {
    name: functionName,
    start: whole?.startOffset ?? 0,
    end: whole?.endOffset ?? 0,
    isRun: (whole?.count ?? 0) > 0,
    skipped: blocks
      .filter(({ count }) => count === 0)
      .map(({ startOffset, endOffset }) => ({ start: startOffset, end: endOffset })),
  };
}

async function perform(task: CoverageTask): Promise<FromCoverageThread> {
  try {
    const { given } = task;
    const options = { answers, limits, live: NO_LIVE_ANSWERS, given, judgesDeterminism: false };
    await runTask(task, await candidate(), undefined, options);
    return { functions: await takeFunctions() };
  } catch (error) {
    return { failed: messageOf(error) };
  }
}

let last = Promise.resolve();

port.on('message', (task: CoverageTask) => {
  last = last.then(async () => port.postMessage(await perform(task)));
});

/** A process that replays recordings and tells which code ran: confined as processes of replays are, with V8's own counters on. */
import { type Profiler, Session } from 'node:inspector';
import type { CodeRange, WalkedFunction } from '../compare/code-coverage.ts';
import { answerQuestions } from './answer-questions.ts';
import type { CoverageAnswer, CoverageOptions, CoverageTask } from './coverage-protocol.ts';
import { type GivenAnswers, NO_LIVE_ANSWERS } from './live-answers.ts';
import { placesInBundle } from './module-handover.ts';
import { runTask } from './replay-task.ts';
import { createSandbox, type Sandbox } from './sandbox.ts';

/** By this name V8 tells the bundle from everything else that runs here. */
const FILE = '/replay/covered-bundle.js';
type PlaceOf = ReturnType<typeof placesInBundle>;

const NOTHING_GIVEN: GivenAnswers = new Map();
const session = new Session();
session.connect();
session.post('Profiler.enable');
session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });

answerQuestions((options: CoverageOptions) => {
  const { code, definition, modules, answers, limits, reads } = options;
  const placeOf = placesInBundle(code);
  let loaded: Promise<Sandbox> | undefined;
  /** V8 tells a function once where it does not run: what it told of a recording that is left out goes with the next one. */
  let left: readonly WalkedFunction[] = [];

  const walk = async (task: CoverageTask, onPart: () => void): Promise<CoverageAnswer> => {
    const { given = NOTHING_GIVEN } = task;
    const replayed = { answers, limits, reads, live: NO_LIVE_ANSWERS, given: () => given, judgesDeterminism: false };
    loaded ??= createSandbox({ code, inspected: { filename: FILE, sourceMapUrl: '' } });
    const sandbox = await loaded;
    onPart();
    const event = await runTask(task, { sandbox, definition }, undefined, replayed);
    const functions = [...left, ...(await takeFunctions(modules, placeOf))];
    const isWalked = event.kind === 'result' && event.result.outcome !== 'failed';
    left = isWalked ? [] : functions.map((one) => ({ ...one, isRun: false, skipped: [] }));
    if (!isWalked || sandbox.isSpoiled) {
      loaded = undefined;
      await sandbox.destroy();
    }
    return isWalked ? functions : undefined;
  };
  return (task: CoverageTask, onPart) => walk(task, onPart).catch(() => undefined);
});

/**
 * What ran since it was last asked; functions that never ran come once.
 *
 * @param placeOf where a place that V8 tells is in the bundle's own text
 */
function takeFunctions(modules: readonly CodeRange[], placeOf: PlaceOf): Promise<WalkedFunction[]> {
  return new Promise((resolve, reject) => {
    session.post('Profiler.takePreciseCoverage', (error, { result } = { result: [] }) => {
      if (error !== null) reject(error);
      else
        resolve(
          result.filter(({ url }) => url.endsWith(FILE)).flatMap(({ functions }) => ownOf(functions, modules, placeOf)),
        );
    });
  });
}

/** Packages have thousands. */
function ownOf(
  functions: readonly Profiler.FunctionCoverage[],
  modules: readonly CodeRange[],
  placeOf: PlaceOf,
): WalkedFunction[] {
  return functions
    .map((one) => walkedOf(one, placeOf))
    .filter((one) => modules.some(({ start, end }) => start <= one.start && one.end <= end));
}

function walkedOf({ functionName, ranges }: Profiler.FunctionCoverage, placeOf: PlaceOf): WalkedFunction {
  const [whole, ...blocks] = ranges;
  return {
    name: functionName,
    start: placeOf(whole?.startOffset ?? 0),
    end: placeOf(whole?.endOffset ?? 0),
    isRun: (whole?.count ?? 0) > 0,
    skipped: blocks
      .filter(({ count }) => count === 0)
      .map(({ startOffset, endOffset }) => ({ start: placeOf(startOffset), end: placeOf(endOffset) })),
  };
}

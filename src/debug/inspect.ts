/** Workflow code under Node's inspector, in this process: breakpoints stand still here. */
import inspector from 'node:inspector';
import { pathToFileURL } from 'node:url';
import type { ReplayInput } from '../replay/departure.ts';
import { createSandbox } from '../replay/sandbox.ts';
import { MissionError, messageOf } from '../shared/errors.ts';
import { keepRunStacks } from '../temporal/run-stacks.ts';
import type { InspectedBundle } from './inspected-bundle.ts';
import { createPlayer, type Player, type PlayOptions } from './player.ts';
import type { Program } from './program.ts';

export interface InspectOptions extends PlayOptions {
  /** 0 takes any free one. */
  readonly port: number;
  /** Whether it stands still where the workflow's own code begins. */
  readonly breaks: boolean;
  /** Told when the inspector listens: `ws://127.0.0.1:9229/…`. */
  readonly onListening: (url: string) => void;
}

/** People think while code stands still. */
const UNHURRIED_MS = 24 * 3_600_000;

/**
 * Opens the inspector on this machine alone, waits for a debugger, and loads the code.
 *
 * The code runs with what a worker's workflow code has, in a context of its own: nothing that it asks for is executed. But
 * the process is not locked down as processes of replays are; it is for code of one's own.
 *
 * @throws MissionError `USAGE` when the port is taken.
 */
export async function startInspected(
  { definition }: Program,
  bundle: InspectedBundle,
  input: ReplayInput,
  options: InspectOptions,
): Promise<Player> {
  // Where an editor started this process, it is attached already, and nobody would tell us to go on.
  const isAttached = inspector.url() !== undefined;
  if (!isAttached) openInspector(options);
  if (!isAttached) inspector.waitForDebugger();
  const { answers, limits, reads } = options;
  const sandbox = await createSandbox(bundle);
  keepRunStacks();
  const stop = options.breaks ? breakAtStart(bundle) : () => undefined;
  const player = createPlayer({ sandbox, definition }, input, {
    answers,
    reads,
    limits: { ...limits, perRecordingMs: UNHURRIED_MS },
  });
  return {
    ...player,
    async close() {
      stop();
      await player.close();
      if (!isAttached) inspector.close();
    },
  };
}

function openInspector({ port, onListening }: InspectOptions): void {
  try {
    inspector.open(port, '127.0.0.1');
  } catch (error) {
    throw new MissionError('USAGE', `The inspector cannot listen on port ${port}: ${messageOf(error)}.`, {
      remedy: 'Name another port, or 0 for any that is free.',
      details: { port },
      cause: error,
    });
  }
  const url = inspector.url();
  if (url !== undefined) onListening(url);
}

/** A breakpoint of our own; whoever is attached stands still at it too. */
function breakAtStart({ inspected, start }: InspectedBundle): () => void {
  if (start === undefined) return () => undefined;
  const session = new inspector.Session();
  session.connect();
  session.post('Debugger.enable');
  const { line: lineNumber, column: columnNumber } = start;
  const url = String(pathToFileURL(inspected.filename));
  session.post('Debugger.setBreakpointByUrl', { url, lineNumber, columnNumber });
  return () => session.disconnect();
}

/**
 * How much a candidate may give back: payloads and texts of its commands, in bytes.
 *
 * The limits lie far beyond what Temporal takes, so that no run that could be recorded meets them: a server refuses a message
 * of 4 MB and ends a run whose history has 50 MB. (https://docs.temporal.io/workflow-execution/limits)
 */

/** In one workflow task. */
export const TASK_BYTES_MAX = 16 * 1024 * 1024;

/** In one run; each link of a continue-as-new chain is one. */
export const RUN_BYTES_MAX = 64 * 1024 * 1024;

/** Counts what one run gives back. */
export interface OutputMeter {
  /** What is counted from here on belongs to another task. */
  readonly nextTask: () => void;
  /** @throws OutputExceeded */
  readonly count: (bytes: number) => void;
}

/** Says which limit it was. */
export class OutputExceeded extends Error {}

export function createOutputMeter(): OutputMeter {
  let task = 0;
  let run = 0;
  return {
    nextTask() {
      task = 0;
    },
    count(bytes) {
      task += bytes;
      run += bytes;
      if (task > TASK_BYTES_MAX) throw tooMuch(TASK_BYTES_MAX, 'workflow task');
      if (run > RUN_BYTES_MAX) throw tooMuch(RUN_BYTES_MAX, 'run');
    },
  };
}

function tooMuch(limit: number, unit: string): OutputExceeded {
  return new OutputExceeded(`it gave back more than ${limit / 1024 / 1024} MB in one ${unit}`);
}

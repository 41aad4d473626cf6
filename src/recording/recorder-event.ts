import type { MissionError } from '../shared/errors.ts';
import type { RunRef } from './ended-runs.ts';

/** What a recorder tells whoever runs it. */
export type RecorderEvent =
  | { readonly kind: 'recorded'; readonly runs: number }
  /** One run could not be recorded; it is noted in the registry, and tried again when that can help. */
  | { readonly kind: 'failed'; readonly run: RunRef; readonly error: MissionError }
  /** A run that ended here could not be recorded at once: the next sweep finds it. */
  | { readonly kind: 'left-to-sweep'; readonly run: RunRef; readonly error: Error }
  /** Server or registry is away: nothing is lost, the sweep is made later. */
  | { readonly kind: 'waiting'; readonly error: Error; readonly retryInMs: number }
  /** Retention deleted recordings. */
  | { readonly kind: 'deleted'; readonly mission: string; readonly recordings: number };

/** One line for people. */
export function describeRecorderEvent(event: RecorderEvent): string {
  switch (event.kind) {
    case 'recorded':
      return `recorded ${event.runs} ended ${event.runs === 1 ? 'run' : 'runs'}`;
    case 'failed':
      return `${event.run.workflowId} could not be recorded: ${event.error.message}`;
    case 'left-to-sweep':
      return `${event.run.workflowId} is left to the next sweep: ${event.error.message}`;
    case 'waiting':
      return `recording waits: ${event.error.message} Trying again in ${event.retryInMs} ms`;
    case 'deleted':
      return `deleted ${event.recordings} recordings of ${event.mission}, as its retention says`;
  }
}

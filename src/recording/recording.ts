/** A recording: an ended run kept for replay. */
import type { temporal } from '@temporalio/proto';
import type { RecordingSummary } from '../registry/recording-summary.ts';
import type { Json } from '../shared/json.ts';
import type { RunEnd, Trace } from './trace.ts';

export type History = temporal.api.history.v1.IHistory;
export type HistoryEvent = temporal.api.history.v1.IHistoryEvent;

export interface Recording extends RecordingSummary {
  readonly input: Json;
  readonly end: RunEnd;
  readonly trace: Trace;
  /** One history per link of the continue-as-new chain, in order. */
  readonly histories: readonly History[];
}

import { messageOf } from '../shared/errors.ts';
import type { History } from './recording.ts';

/** What was found at one place, and where: a run with its history (one per link of its chain), or why there is none. */
export type HistoryRead = { readonly where: string; readonly histories: readonly History[] } | UnreadHistory;

export interface UnreadHistory {
  readonly where: string;
  readonly problem: string;
}

/** A place that could not be read. The error's own words begin with the place, which is told anyway. */
export function unreadable(where: string, error: unknown): UnreadHistory {
  const message = messageOf(error);
  return { where, problem: message.startsWith(`${where}: `) ? message.slice(where.length + 2) : message };
}

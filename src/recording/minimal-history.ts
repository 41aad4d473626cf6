/**
 * The part of a history that a regression case keeps: who and where a worker was, the server's bookkeeping and links between
 * events are left out. Replay reads none of it, and a case in a repository is the smaller and the more private for it.
 */
import type { Type } from 'protobufjs';
import { eventType, fieldsOf, historyType } from './proto.ts';
import type { History } from './recording.ts';

/** Of an event itself. */
const EVENT_BOOKKEEPING: ReadonlySet<string> = new Set(['taskId', 'links', 'version']);
/** Of any message inside. */
const BOOKKEEPING: ReadonlySet<string> = new Set(['identity', 'requestId', 'callbacks', 'completionCallbacks']);

type Message = Readonly<Record<string, unknown>>;

/** A history without what no replay reads. Idempotent; the given one is not touched. */
export function minimalHistory(history: History): History {
  return minimal(historyType, history as Message) as History;
}

function minimal(type: Type, message: Message): Message {
  const result: Record<string, unknown> = {};
  for (const { name, shape, message: inner } of fieldsOf(type)) {
    const value = Object.hasOwn(message, name) ? message[name] : undefined;
    if (value === null || value === undefined) continue;
    if (BOOKKEEPING.has(name) || (type === eventType && EVENT_BOOKKEEPING.has(name))) continue;
    result[name] = inner === undefined ? value : minimalField(inner, shape, value);
  }
  return result;
}

function minimalField(inner: Type, shape: 'single' | 'repeated' | 'map', value: unknown): unknown {
  if (shape === 'single') return minimal(inner, value as Message);
  if (shape === 'repeated') return (value as Message[]).map((item) => minimal(inner, item));
  return Object.fromEntries(
    Object.entries(value as Message).map(([key, item]) => [key, minimal(inner, item as Message)]),
  );
}

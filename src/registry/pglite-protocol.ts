/** What the embedded database's thread and its owner say to each other. */
import type { SqlRow, SqlValue } from './sql.ts';

/** `query` takes parameters, `script` several statements, `listen` names a channel. */
export type PgliteRequest =
  | { readonly id: number; readonly kind: 'query'; readonly sql: string; readonly params: readonly SqlValue[] }
  | { readonly id: number; readonly kind: 'script'; readonly sql: string }
  | { readonly id: number; readonly kind: 'listen'; readonly channel: string }
  | { readonly id: number; readonly kind: 'close' };

export interface PgliteFailure {
  readonly message: string;
  readonly code?: string;
}

/** Request 0 is the opening itself. */
export type PgliteReply =
  | { readonly kind: 'done'; readonly id: number; readonly rows: readonly SqlRow[] }
  | { readonly kind: 'failed'; readonly id: number; readonly failure: PgliteFailure }
  | { readonly kind: 'notified'; readonly channel: string; readonly payload: string };

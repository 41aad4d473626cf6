/** What Temporal's own replayer and the process that it runs in are told, and say. */
import type { Determinism } from '../compare/outcome.ts';

export type ToOfficial =
  | { readonly kind: 'load'; readonly code: string }
  | {
      readonly kind: 'ask';
      /** As `encodeRecordingContent` writes it. */
      readonly content: Uint8Array;
      readonly workflowId: string;
    };

export type FromOfficial =
  /** From here on it answers at once. */
  | { readonly kind: 'ready' }
  /** It goes on with the next link of the chain. */
  | { readonly kind: 'link' }
  | { readonly kind: 'answer'; readonly determinism: Determinism };

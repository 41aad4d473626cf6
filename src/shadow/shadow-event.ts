import type { ShadowOutcome } from '../registry/shadows.ts';

/** What following shadows tells whoever runs it, for logs and progress. */
export type ShadowEvent =
  | {
      readonly kind: 'started' | 'not-started';
      readonly mission: string;
      readonly workflowId: string;
      readonly why?: string;
    }
  /** It has been compared and is counted. */
  | {
      readonly kind: 'counted';
      readonly mission: string;
      readonly version: number;
      readonly workflowId: string;
      readonly outcome: ShadowOutcome;
    }
  /** What is stamped on a real run cannot be read here, so this process gives it no shadow. */
  | {
      readonly kind: 'unread';
      readonly mission: string;
      readonly workflowId: string;
      readonly error: Error;
    }
  /** One shadow could not be looked at; it is tried again. Real runs are not concerned. */
  | { readonly kind: 'failed'; readonly workflowId: string; readonly error: Error }
  /** Registry or server could not be read: tried again after the time given. */
  | { readonly kind: 'waiting'; readonly error: Error; readonly retryInMs: number };

/** One line for people. */
export function describeShadowEvent(event: ShadowEvent): string {
  switch (event.kind) {
    case 'started':
      return `${event.workflowId} started beside its real run`;
    case 'not-started':
      return `${event.workflowId} was not started: ${event.why ?? 'it was refused'}`;
    case 'counted':
      return `shadow of ${event.mission}@${event.version} ${event.outcome}: ${event.workflowId}`;
    case 'unread':
      return `${event.workflowId} gets no shadow: ${event.error.message}`;
    case 'failed':
      return `${event.workflowId} could not be looked at (${event.error.message}); it is tried again`;
    case 'waiting':
      return `shadows cannot be followed (${event.error.message}), trying again in ${event.retryInMs} ms`;
  }
}

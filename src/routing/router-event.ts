import { formatDuration } from '../shared/duration.ts';

/** What a router tells whoever runs it, for logs and alarms. */
export type RouterEvent =
  /** A new revision is in force here; `afterMs` is how long ago word of it came. */
  | { readonly kind: 'changed'; readonly mission: string; readonly revision: number; readonly afterMs: number }
  /** A revision could not be read and is not in force: starts go on by the one before, until it is too old. */
  | { readonly kind: 'unreadable'; readonly mission: string; readonly error: Error }
  /** The registry shows an earlier route than the one that is in force here, or another of the same number. */
  | { readonly kind: 'went-back'; readonly mission: string; readonly error: Error; readonly servedForMs: number }
  /** The registry was restored, and somebody said so: its route is in force, wherever it is. */
  | { readonly kind: 'restored'; readonly mission: string; readonly revision: number; readonly epoch: number }
  /** The registry cannot be reached: starts go on by what is known, for at most so much longer. */
  | { readonly kind: 'stale'; readonly servedForMs: number; readonly error: Error | undefined }
  /** What is known is too old: starts are refused until the registry is back. */
  | { readonly kind: 'expired'; readonly ageMs: number }
  /** The registry answers again. */
  | { readonly kind: 'fresh'; readonly ageMs: number };

/** One line for people. */
export function describeRouterEvent(event: RouterEvent): string {
  switch (event.kind) {
    case 'changed':
      return `route of ${event.mission} is at revision ${event.revision}, ${Math.round(event.afterMs)} ms after word of it`;
    case 'unreadable':
      return `the new route of ${event.mission} cannot be used (${event.error.message}); starts go on by the one before`;
    case 'went-back':
      return `${event.error.message} Starts go on by the one that was, for ${formatDuration(event.servedForMs)} more`;
    case 'restored':
      return `the registry was restored: the route of ${event.mission} is at its revision ${event.revision}, in epoch ${event.epoch}`;
    case 'stale':
      return `the registry cannot be reached${event.error === undefined ? '' : ` (${event.error.message})`}; routing by what is known for ${formatDuration(event.servedForMs)} more`;
    case 'expired':
      return `routes were last confirmed ${formatDuration(event.ageMs)} ago, which is too old: starts are refused until the registry is back`;
    case 'fresh':
      return `the registry answers again, after ${formatDuration(event.ageMs)}`;
  }
}

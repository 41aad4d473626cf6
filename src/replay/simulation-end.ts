import type { CodeFailure } from './code-failure.ts';
import type { CommandView } from './command-view.ts';
import type { Command } from './proto.ts';

/** Why a simulation is over. */
export type SimulationEnd =
  | { readonly kind: 'ended'; readonly command: Command }
  | { readonly kind: 'stopped-from-outside'; readonly status: 'terminated' | 'timed-out' }
  | { readonly kind: 'unanswered'; readonly step: CommandView; readonly reason: string; readonly remedy: string }
  /** Nothing is arranged any more, and the run has not ended. */
  | { readonly kind: 'stuck'; readonly waitingFor: string }
  | ({ readonly kind: 'failed'; readonly isEndless?: true } & CodeFailure);

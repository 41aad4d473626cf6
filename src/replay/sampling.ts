/**
 * Drawing a recorded run once more: some of its steps are asked anew although the recording can answer them, so that the
 * noise of models shows.
 */
import type { CommandView } from './command-view.ts';
import { StepNamer } from './command-view.ts';
import type { CommandCheck } from './lockstep/command-queue.ts';
import { Mismatch } from './lockstep/mismatch.ts';
import { viewOfCommand } from './view-of-command.ts';

/** One draw of one recording. */
export interface Sampling {
  /** Tells draws of one recording apart: each has answers of its own. */
  readonly draw: string;
  /** The steps that are asked anew, as {@link sampledStep} names them. */
  readonly steps: readonly string[];
  /** The target whose compare rules count together with those of the target that is replayed. */
  readonly comparedWith: string;
}

/** Steps of one kind and name are drawn together: `model judge`. */
export function sampledStep({ kind, name }: Pick<CommandView, 'kind' | 'name'>): string {
  return `${kind} ${name}`;
}

/** A check that lets the lockstep end where a step is to be asked anew. */
export function checkUpTo(steps: ReadonlySet<string>, check: CommandCheck): CommandCheck {
  return (queued, event) => {
    const { command } = queued;
    const view = command?.scheduleActivity ? viewOfCommand(command, new StepNamer()) : undefined;
    if (view !== undefined && steps.has(sampledStep(view))) {
      throw new Mismatch('different', 'asked anew', command, event);
    }
    check(queued, event);
  };
}

import { TemporalFailure } from '@temporalio/workflow';

/** Not said twice, or not of the failure itself. */
const LEFT_OUT: ReadonlySet<string> = new Set(['name', 'message', 'cause', 'stack', 'failure']);

/** What workflow code is told of a failure: two that can be told apart are two texts. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const facts = Object.entries(error).filter(([name]) => !LEFT_OUT.has(name));
  const own = error instanceof TemporalFailure ? JSON.stringify(Object.fromEntries(facts)) : '';
  return `${error.name}: ${error.message} ${own}${error.cause === undefined ? '' : ` < ${explain(error.cause)}`}`;
}

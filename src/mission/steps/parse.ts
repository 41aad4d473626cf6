import { ApplicationFailure } from '@temporalio/workflow';
import * as z from 'zod';

/**
 * Parses a value that enters or leaves a mission. A bad one fails the run with a message that names the place: thrown as
 * it is, a ZodError would fail the workflow task, which is tried for ever.
 *
 * @throws ApplicationFailure of the given type, not retryable.
 */
export function parseOrFail<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  what: string,
  type: string,
): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw ApplicationFailure.create({
    message: `${what} does not fit its schema: ${z.prettifyError(parsed.error).replaceAll('\n', ' ')}`,
    type,
    nonRetryable: true,
    details: [parsed.error.issues.map((issue) => ({ path: issue.path.map(String), message: issue.message }))],
  });
}

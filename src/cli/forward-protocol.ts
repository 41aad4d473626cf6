/**
 * Running a command in the process that has the embedded registry open: one JSON value per line over a socket in the
 * project's `.mission`, readable and writable by its owner only.
 */
import { join } from 'node:path';
import * as z from 'zod';

/** Where the process that has the registry listens. */
export function commandSocket(folder: string): string {
  return join(folder, 'commands.sock');
}

/** To the process that has the registry. */
export const commandFrame = z.union([
  z.strictObject({
    argv: z.array(z.string()),
    cwd: z.string(),
    isInteractive: z.boolean(),
    colours: z.boolean(),
    columns: z.number(),
    actor: z.string().optional(),
  }),
  z.strictObject({ stdin: z.string() }),
  z.strictObject({ interrupt: z.literal(true) }),
]);
export type CommandFrame = z.infer<typeof commandFrame>;

/** From it. */
export const answerFrame = z.union([
  z.strictObject({ out: z.string() }),
  z.strictObject({ err: z.string() }),
  z.strictObject({ wants: z.literal('stdin') }),
  z.strictObject({ exit: z.int() }),
]);
export type AnswerFrame = z.infer<typeof answerFrame>;

export function encodeFrame(frame: CommandFrame | AnswerFrame): string {
  return `${JSON.stringify(frame)}\n`;
}

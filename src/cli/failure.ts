/** Errors as people and scripts read them: one place for all commands. */
import { wrapText } from '../compare/render/layout.ts';
import { ERROR_CODES, isMissionError, MissionError, messageOf } from '../shared/errors.ts';
import { type CliIo, EXIT } from './io.ts';
import type { Output } from './output.ts';

/** Tells of an error and returns the exit code that goes with it. */
export function reportFailure(error: unknown, io: CliIo, output: Output): number {
  if (isInterrupt(error, io.signal)) {
    io.stderr('Interrupted.\n');
    return EXIT.interrupted;
  }
  const known = asMissionError(error);
  if (output.json) output.raw(`${JSON.stringify(failureJson(known), null, 2)}\n`);
  else io.stderr(failureText(known, output));
  if (io.env['MISSION_DEBUG']) io.stderr(stackOf(error));
  return ERROR_CODES[known.code].exit;
}

/** `{ error: { code, message, remedy, details } }`; `remedy` is null when there is none. */
function failureJson({ code, message, remedy, details }: MissionError) {
  return { error: { code, message, remedy: remedy ?? null, details } };
}

function failureText({ code, message, remedy }: MissionError, { palette, width }: Output): string {
  const [first = '', ...rest] = wrapLines(message, width - 2);
  const next = remedy === undefined ? [] : wrapLines(remedy, width - 2);
  return [
    `${palette.red('✗')} ${palette.bold(first)}`,
    ...rest.map((line) => `  ${palette.bold(line)}`),
    ...next.map((line) => `  ${line}`),
    `  ${palette.dim(code)}`,
    '',
  ].join('\n');
}

/** Messages of compilers and schemas have lines of their own. */
function wrapLines(text: string, width: number): string[] {
  return text.split('\n').flatMap((line) => wrapText(line, width));
}

function isInterrupt(error: unknown, signal: AbortSignal): boolean {
  return signal.aborted && (error === signal.reason || (error as { name?: unknown } | null)?.name === 'AbortError');
}

function asMissionError(error: unknown): MissionError {
  if (isMissionError(error)) return error;
  return new MissionError('INTERNAL', `Something went wrong that should not: ${messageOf(error)}`, {
    remedy: 'Run it again with MISSION_DEBUG=1 to see where, and please report it: this is a fault of mission-runtime.',
    cause: error,
  });
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return `${String(error)}\n`;
  const cause = error.cause === undefined ? '' : `Caused by: ${stackOf(error.cause)}`;
  return `${error.stack ?? error.message}\n${cause}`;
}

/** Reading the values of options. */
import { readFile } from 'node:fs/promises';
import { InvalidArgumentError } from 'commander';
import { parseDurationMs } from '../shared/duration.ts';
import { MissionError, messageOf } from '../shared/errors.ts';
import type { Json } from '../shared/json.ts';
import type { Call } from './command.ts';

/** A whole number of at least 1. */
export function readCount(text: string): number {
  const count = Number(text);
  if (Number.isSafeInteger(count) && count >= 1) return count;
  throw new InvalidArgumentError('A whole number of 1 or more is wanted.');
}

/** A whole number of at least 0. */
export function readCountOrNone(text: string): number {
  return text.trim() === '0' ? 0 : readCount(text);
}

/** How long: `30s`, `5m`. Returns milliseconds. */
export function readDuration(text: string): number {
  try {
    return parseDurationMs(text);
  } catch {
    throw new InvalidArgumentError('A number with a unit such as 30s, 5m or 2h is wanted.');
  }
}

/** An instant: ISO 8601, or how long ago (`7d`, `12h`). Returns ISO 8601. */
export function readSince(now: () => Date): (text: string) => string {
  return (text) => {
    if (/^\d{4}-\d\d-\d\d/.test(text)) {
      const instant = new Date(text);
      if (!Number.isNaN(instant.getTime())) return instant.toISOString();
    }
    try {
      return new Date(now().getTime() - parseDurationMs(text)).toISOString();
    } catch {
      throw new InvalidArgumentError('A date such as 2026-03-01, or an age such as 7d or 12h, is wanted.');
    }
  };
}

/** JSON of the command line. @throws MissionError `USAGE` naming the option and what is wrong. */
export function readJson(text: string, what: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw new MissionError('USAGE', `${what} is not JSON: ${messageOf(error)}.`, {
      remedy: `Write JSON in single quotes, '{"orderId":"o-1"}', or read it from a file with @file.json, or from standard input with -.`,
      cause: error,
    });
  }
}

/**
 * JSON that is given in place, as `@file.json`, or as `-` for standard input.
 *
 * @throws MissionError `USAGE` naming the file, or what is wrong with the text.
 */
export async function readJsonInput(given: string, what: string, { context, io }: Call<unknown>): Promise<Json> {
  if (given === '-') return readJson(await io.stdin(), 'The standard input');
  if (!given.startsWith('@')) return readJson(given, what);
  const file = context.path(given.slice(1));
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new MissionError('USAGE', `The file ${file} cannot be read: ${messageOf(error)}.`, {
      remedy: 'Name a file that is there, relative to the current folder.',
      cause: error,
    });
  });
  return readJson(text, file);
}

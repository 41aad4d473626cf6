/** Exports of the audit trail as `mission audit export` writes them: one JSON entry per line. */
import { createReadStream } from 'node:fs';
import type { BrokenTrail } from '../registry/audit-chain.ts';
import { MissionError, messageOf } from '../shared/errors.ts';

/**
 * The lines of an export, parsed one at a time, so memory stays flat.
 *
 * @throws MissionError `USAGE` when there is no such file; `AUDIT_BROKEN` that names the line which is not JSON, as where the
 *   file was cut.
 */
export async function* readExport(file: string): AsyncGenerator<unknown> {
  let number = 0;
  for await (const line of linesOf(file)) {
    number += 1;
    if (line.trim() !== '') yield parseLine(line, number, file);
  }
}

async function* linesOf(file: string): AsyncGenerator<string> {
  let rest = '';
  try {
    for await (const chunk of createReadStream(file, 'utf8')) {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
  } catch (cause) {
    throw new MissionError('USAGE', `The export ${file} cannot be read: ${messageOf(cause)}.`, {
      remedy: 'Name a file that mission audit export wrote.',
      cause,
    });
  }
  yield rest;
}

function parseLine(line: string, number: number, file: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch (cause) {
    throw new MissionError('AUDIT_BROKEN', `Line ${number} of ${file} is no entry of a trail: ${messageOf(cause)}.`, {
      remedy: 'It was cut there, or edited, or is no export of a trail. Make it anew with mission audit export.',
      details: { problem: 'unreadable', line: number },
      cause,
    });
  }
}

/** What a command ends with when a trail is not intact. */
export function brokenTrail({ problem, seq, message }: BrokenTrail): MissionError {
  return new MissionError('AUDIT_BROKEN', `The audit trail is not intact: ${message}`, {
    remedy:
      'Entries before that place still hold. Compare with a back-up or an export to see what was changed, and find out who can write to the database.',
    details: { problem, seq },
  });
}

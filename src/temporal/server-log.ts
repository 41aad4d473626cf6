/** What an embedded server wrote to its log since it was started. */
import { open, stat } from 'node:fs/promises';

const EXCERPT = 600;
const TELLING = /^(?=.*\b(?:error|panic|fatal)\b)/im;
const TAKEN_MEANWHILE = /address already in use|^panic:/im;

/** Where the log of a server that is about to start will begin, in bytes. */
export async function logLength(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}

/** What the log says from `start` on; empty when it cannot be read. */
export async function logSince(file: string, start: number): Promise<string> {
  try {
    const log = await open(file, 'r');
    try {
      const chunks: Buffer[] = [];
      for await (const chunk of log.createReadStream({ start, autoClose: false })) chunks.push(Buffer.from(chunk));
      return Buffer.concat(chunks).toString('utf8').trim();
    } finally {
      await log.close();
    }
  } catch {
    return '';
  }
}

/** The part that a person should read: from the first line that names an error on, bounded. */
export function tellingPart(text: string): string {
  const from = text.search(TELLING);
  return text.slice(Math.max(0, from)).slice(0, EXCERPT).trim();
}

/**
 * Whether another try may help: somebody took one of its ports between the choice and the start. The server also chooses
 * ports by itself for its inner parts; when it loses one of those it panics.
 */
export function lostAPort(text: string): boolean {
  return TAKEN_MEANWHILE.test(text);
}

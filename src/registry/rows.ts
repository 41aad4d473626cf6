/** How columns are read: zod schemas for the forms that both engines give. */
import * as z from 'zod';
import { type Digest, isDigest } from '../shared/digest.ts';
import type { Json } from '../shared/json.ts';

/** A timestamptz as ISO 8601 text in UTC with milliseconds. */
export const timestampColumn = z.date().transform((date) => date.toISOString());

/** A digest in a text column. */
export const digestColumn = z.custom<Digest>((value) => typeof value === 'string' && isDigest(value));

/** JSON kept as text: PostgreSQL's own jsonb would refuse NUL characters and lose the order of keys. */
export const jsonColumn = z.string().transform((text): Json => JSON.parse(text) as Json);

/** A bytea, which is a Buffer on one engine. */
export const bytesColumn = z.instanceof(Uint8Array);

/** Later than any instant that is stored. Both engines take it; the last of JavaScript's they do not. */
export const END_OF_TIME = new Date('9999-01-01T00:00:00.000Z');

/** An instant as it is stored: milliseconds, UTC. */
export function storedInstant(iso: string): Date {
  return new Date(iso);
}

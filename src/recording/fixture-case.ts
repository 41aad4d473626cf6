/** `case.json`: what a person should know of a regression case beside its history, and what it must come out as. */
import * as z from 'zod';
import type { Vault } from '../registry/vault.ts';
import { MissionError } from '../shared/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../shared/json.ts';
import type { RunEnd } from './trace.ts';

const runFailure = z.strictObject({
  message: z.string(),
  type: z.string(),
  details: z.array(z.json()).exactOptional(),
  nonRetryable: z.literal(true).exactOptional(),
  get cause() {
    return runFailure.exactOptional();
  },
});

/** Without a message, the type alone is right: whoever corrects an outcome knows no more. */
const failure = z.union([runFailure, z.strictObject({ type: z.string().min(1) })]);

const handedOn = z.strictObject({ workflowType: z.string(), input: z.json() });

const expectedEnd = z.discriminatedUnion('status', [
  z.strictObject({ status: z.literal('completed'), result: z.json() }),
  z.strictObject({ status: z.literal('failed'), failure }),
  z.strictObject({ status: z.literal('continued-as-new'), handedOn: handedOn.exactOptional() }),
  z.strictObject({ status: z.enum(['cancelled', 'terminated', 'timed-out', 'open']) }),
]);

export const fixtureCase = z.strictObject({
  format: z.literal(1),
  /** Absent for a plain Temporal workflow. */
  mission: z.string().optional(),
  /** Version number and artifact that ran it. */
  version: z.int().positive().optional(),
  artifact: z.string().optional(),
  workflowId: z.string().min(1),
  runId: z.string().min(1),
  workflowType: z.string().min(1),
  input: z.json(),
  /** What a right version makes of it: the recorded end, or the corrected one. */
  expected: expectedEnd,
  /** Why the case is kept. */
  why: z.string().min(1),
  /** The change that it guards against: `@3, which reworded assess`. */
  guards: z.string().min(1).optional(),
  addedBy: z.string().min(1),
  addedAt: z.iso.datetime(),
  redacted: z.boolean(),
  /** SHA-256 over the canonical bytes of its histories. */
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
});

export type FixtureCase = z.infer<typeof fixtureCase>;

/** The end that is right for a case: a recorded one, or a failure of which the type alone is known. */
export type ExpectedEnd =
  | RunEnd
  | { readonly status: 'failed'; readonly failure: { readonly type: string; readonly message?: string | undefined } };

/**
 * The text of a `case.json`. With keys, input and expected end are in `encrypted`, and not in clear.
 */
export function encodeFixtureCase(document: FixtureCase, vault: Vault): string {
  const { input, expected, ...clear } = document;
  const data = Buffer.from(JSON.stringify({ input, expected }));
  const encrypted = { key: vault.keyId, data: Buffer.from(vault.seal(data, placeOf(clear))).toString('base64') };
  return `${JSON.stringify(vault.keyId === null ? document : { ...clear, encrypted }, null, 2)}\n`;
}

/** The digest is in the place, so that an encrypted expectation cannot be put into another case. */
function placeOf({ digest }: { readonly digest?: Json | undefined }): string {
  return `case/${typeof digest === 'string' ? digest : ''}/case.json`;
}

const encryptedPart = z.strictObject({ key: z.string(), data: z.base64() });

function opened(json: Json, vault: Vault | undefined): Json {
  if (vault === undefined || !isJsonObject(json) || !('encrypted' in json)) return json;
  const { encrypted, ...clear } = json;
  const part = encryptedPart.safeParse(encrypted);
  if (!part.success) return json;
  const bytes = vault.open(Buffer.from(part.data.data, 'base64'), placeOf(clear));
  return { ...clear, ...(JSON.parse(Buffer.from(bytes).toString('utf8')) as JsonObject) };
}

/**
 * Reads the text of a `case.json`.
 *
 * @throws MissionError `FIXTURE_INVALID` naming the file and the first wrong field; `ENCRYPTION_KEY_MISSING`,
 * `ENCRYPTED_DATA_INVALID` when it is encrypted and cannot be opened.
 */
export function parseFixtureCase(text: string, file: string, vault?: Vault): FixtureCase {
  let json: Json;
  try {
    json = JSON.parse(text) as Json;
  } catch (cause) {
    throw fixtureInvalid(file, '', 'it is not JSON', cause);
  }
  const parsed = fixtureCase.safeParse(opened(json, vault));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw fixtureInvalid(file, issue?.path.join('.') ?? '', issue?.message ?? 'it has another form', parsed.error);
}

/** A regression case that cannot be used. `field` is empty when the whole file is at fault. */
export function fixtureInvalid(
  file: string,
  field: string,
  problem: string,
  cause?: unknown,
  remedy = 'Restore the file from version control, or export the case again.',
): MissionError {
  return new MissionError('FIXTURE_INVALID', `${file}${field === '' ? '' : `, field "${field}"`}: ${problem}.`, {
    remedy,
    details: { file, ...(field !== '' && { field }) },
    ...(cause !== undefined && { cause }),
  });
}

import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { buildRecording, stampOf } from '../../src/recording/build-recording.ts';
import { canonicalHistoryBytes } from '../../src/recording/canonical-bytes.ts';
import { digestOfHistories, encodeRecordingContent } from '../../src/recording/content.ts';
import { decodeHistory } from '../../src/recording/decode-history.ts';
import { jsonToPayload } from '../../src/recording/payloads.ts';
import type { History } from '../../src/recording/recording.ts';
import { redactHistories } from '../../src/recording/redact-history.ts';
import { isReplacement } from '../../src/recording/replacement.ts';
import type { Json, JsonObject } from '../../src/shared/json.ts';
import { sampleJson } from './support/sample.ts';

const key = Buffer.alloc(32, 1);
const schemas = {
  input: {
    $ref: '#/$defs/claim',
    $defs: {
      claim: {
        type: 'object',
        properties: {
          orderId: { type: 'string' },
          email: { anyOf: [{ type: 'string', redact: 'personal' }, { type: 'null' }] },
          token: { type: 'string', redact: 'secret' },
          people: { type: 'array', items: { redact: 'personal', properties: { name: {}, age: {} } } },
        },
      },
    },
  },
  output: {},
  tools: {},
} as const;

/** The mission's history, started with another claim, and saying it again wherever a run could. */
function historyWith(claim: JsonObject & { readonly email: string }): History {
  const history = decodeHistory(sampleJson('mission'), 'mission');
  const said = JSON.stringify(claim);
  const events = history.events ?? [];
  Object.assign(events[0]?.workflowExecutionStartedEventAttributes ?? {}, {
    input: { payloads: [jsonToPayload(claim)] },
    memo: {
      fields: {
        claim: jsonToPayload(claim),
        text: jsonToPayload(said),
        'mission.stamp': jsonToPayload(stampFor(claim.email)),
      },
    },
    header: { fields: { raw: { metadata: { encoding: Buffer.from('binary/plain') }, data: Buffer.from(said) } } },
    searchAttributes: { indexedFields: { Mail: jsonToPayload(claim.email) } },
    lastCompletionResult: { payloads: [jsonToPayload({ [claim.email]: said })] },
    continuedFailure: { message: said, stackTrace: said, cause: { message: claim.email } },
  });
  const request = events[15]?.activityTaskScheduledEventAttributes?.input?.payloads ?? [];
  request[0] = jsonToPayload({
    prompt: 'judge',
    model: 'm',
    parameters: {},
    messages: [{ role: 'user', content: said }],
  });
  return history;
}

/** A rule may be called after whom it is for. */
const stampFor = (rule: string) => ({
  mission: 'm',
  version: 'm@1',
  artifact: 'a',
  reason: `rule "${rule}"`,
  revision: 1,
  rule,
});

const redact = (history: History) => redactHistories([history], { schemas, key });
const textOf = (histories: readonly History[]) =>
  Buffer.from(canonicalHistoryBytes(histories[0] ?? {})).toString('utf8');
const email = 'Ada.Lovelace@site.example';

describe('redaction', () => {
  const claim = { orderId: 'o-77', email, token: 'tok_12345', people: [{ name: 'Ada "A" Lovelace', age: 36 }] };
  const redacted = redact(historyWith(claim));
  const recording = buildRecording(redacted);

  it('replaces declared values in what a run gave with its failure, and in what it handed on', () => {
    const said = jsonToPayload({ to: email });
    const cause = { message: `lost ${email}`, applicationFailureInfo: { type: 'Lost', details: { payloads: [said] } } };
    const failed = { applicationFailureInfo: { type: 'No', details: { payloads: [said] }, nonRetryable: true }, cause };
    const ends = [
      { workflowExecutionFailedEventAttributes: { failure: { message: 'no', ...failed } } },
      { workflowExecutionContinuedAsNewEventAttributes: { workflowType: { name: 'm' }, input: { payloads: [said] } } },
    ];
    const found = ends.map((end) => {
      const { events = [] } = historyWith(claim);
      const { eventId = null, eventTime = null } = events?.at(-1) ?? {};
      return buildRecording(redact({ events: [...(events ?? []).slice(0, -1), { eventId, eventTime, ...end }] })).end;
    });
    const to = (recording.input as { email: string }).email;
    expect(found).toEqual([
      {
        status: 'failed',
        failure: {
          message: 'no',
          type: 'No',
          details: [{ to }],
          nonRetryable: true,
          cause: { message: `lost ${to}`, type: 'Lost', details: [{ to }] },
        },
      },
      { status: 'continued-as-new', handedOn: { workflowType: 'm', input: { to } } },
    ]);
  });

  it('replaces declared values by plausible ones of the same type, and nothing else', () => {
    expect(recording.input).toEqual({
      orderId: 'o-77',
      email: expect.stringMatching(/^person-[0-9a-f]{12}@redacted\.invalid$/) as string,
      token: expect.stringMatching(/^‹secret:[0-9a-f]{12}›$/) as string,
      people: [{ name: expect.stringMatching(/^‹personal:/) as string, age: expect.any(Number) as number }],
    });
    const { age } = (recording.input as { people: [{ age: number }] }).people[0];
    expect(age).not.toBe(36);
  });

  it('replaces the same value the same way inside a prompt', () => {
    const { email: replaced } = recording.input as { email: string };
    const judge = recording.trace.steps.find(({ id }) => id === 'judge#1');
    expect(JSON.stringify(judge?.request)).toContain(replaced);
  });

  it('leaves nothing of them in the bytes', () => {
    for (const secret of [email, email.toLowerCase(), 'tok_12345', 'Lovelace', '"age":36', '@vm']) {
      expect(textOf(redacted)).not.toContain(secret);
    }
  });

  it('says of a start which rule decided, by its replacement, and keeps the rest of the stamp', () => {
    const { email: replaced } = recording.input as { email: string };
    expect(stampOf(redacted[0] ?? {})).toEqual(stampFor(replaced));
  });

  it('keeps steps, types and ids, which replay needs', () => {
    const original = buildRecording([historyWith(claim)]);
    expect(recording.trace.steps.map(({ id, name, kind }) => [id, name, kind])).toEqual(
      original.trace.steps.map(({ id, name, kind }) => [id, name, kind]),
    );
    expect(recording.id).toBe(original.id);
  });

  it('is the same across recordings under one key, and another under another', () => {
    const other = redactHistories([historyWith({ orderId: 'x', email })], { schemas, key });
    const otherKey = redactHistories([historyWith({ orderId: 'x', email })], { schemas, key: Buffer.alloc(32, 2) });
    const mail = (histories: readonly History[]) => (buildRecording(histories).input as { email: string }).email;
    expect(mail(other)).toBe(mail(redacted));
    expect(mail(otherKey)).not.toBe(mail(redacted));
  });

  it.each(['İ  !', 'ΟΔΟΣ', 'Straße 1', 'a/b?c', "O'Brien"])('finds %s whatever its letters do in small', (mail) => {
    expect(textOf(redact(historyWith({ email: mail })))).not.toContain(mail);
  });

  it('of what declares nothing only removes who the workers were', () => {
    const plain = redactHistories([historyWith(claim)], { key });
    expect(textOf(plain)).toContain(email);
    expect(textOf(plain)).not.toContain('@vm');
  });

  const value = fc.oneof(
    fc.emailAddress(),
    fc.string({ unit: 'grapheme', minLength: 3, maxLength: 20 }),
    fc.uuid(),
    fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) }).map((date) => date.toISOString()),
    fc.webUrl(),
    fc.string({ unit: fc.constantFrom('"', '\\', '\n', 'é', '“', '$', '&', 'x'), minLength: 3, maxLength: 8 }),
  );
  // A value that is part of what must stay (names of the code, JSON, the replacements themselves) is no fair example.
  const base = textOf(redact(historyWith({ orderId: '', email: '', token: '' })));
  const fair = (text: string) =>
    text.trim().length >= 3 &&
    !isReplacement(text) &&
    !/^[\d\s.,:{}[\]"-]*$/.test(text) &&
    !`${base}‹secret:personal›person-@redacted.invalid https://redacted.invalid 00000000-0000-8000-8000-`
      .toLowerCase()
      .includes(text.trim().toLowerCase());

  test.prop([value.filter(fair), value.filter(fair), fc.integer({ min: 1000, max: 1e9 })], { numRuns: 150 })(
    'is idempotent, and no declared value survives',
    (mail, token, age) => {
      const claimed = { orderId: 'o', email: mail, token, people: [{ name: 'n', age }] } satisfies Json;
      const once = redact(historyWith(claimed));
      expect(digestOfHistories(redactHistories(once, { schemas, key }))).toBe(digestOfHistories(once));
      for (const declared of [mail, token]) {
        expect(textOf(once)).not.toContain(declared.trim());
        expect(textOf(once)).not.toContain(JSON.stringify(declared.trim()).slice(1, -1));
      }
      expect(textOf(once)).not.toMatch(new RegExp(`[^0-9]${age}[^0-9]`));
      expect(encodeRecordingContent(once).length).toBeGreaterThan(0);
    },
  );
});

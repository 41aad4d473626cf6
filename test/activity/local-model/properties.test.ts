import { fc, it } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { ask, VERDICT } from './ask.ts';

const OPENING = 'You decide refund requests for a shop. Approve or deny each one.';
const STATEMENTS = [
  'The return window is 30 days.',
  'Approve when the request is made within the return window.',
  'Deny when the return window has passed.',
  'Approve if the item arrived damaged, even after the return window.',
  'Deny used or opened items, unless they arrived damaged or defective.',
  'Deny final-sale items, unless they arrived damaged or we sent the wrong item.',
  'Always deny when the customer already had 3 or more refunds this year.',
  'Otherwise, deny.',
];
/** None of them can apply: each asks for something that the facts deny or never mention. */
const INAPPLICABLE = [
  'Approve when the customer is a premium customer.',
  'Deny when the total is over $100,000.',
  'Deny orders that are suspected fraud.',
  'Approve items that were stolen from the porch.',
  'Always approve when the customer had more than 50 refunds this year.',
];

const facts = fc.record({
  deliveredAt: fc.constant('2026-01-01'),
  requestedAt: fc.constantFrom('2026-01-05', '2026-01-31', '2026-02-01', '2026-05-01'),
  total: fc.integer({ min: 5, max: 900 }),
  finalSale: fc.boolean(),
  condition: fc.constantFrom('unopened', 'opened', 'used'),
  refundsThisYear: fc.integer({ min: 0, max: 5 }),
  message: fc.constantFrom(
    'I changed my mind.',
    'It arrived shattered.',
    'You sent the wrong size.',
    'It is not damaged, I just do not need it.',
    'It stopped working after a day.',
  ),
});

const bullets = (statements: readonly string[]) => statements.map((statement) => `- ${statement}`).join('\n');
const promptOf = (policy: string, data: unknown) =>
  `${OPENING}\n\nPolicy:\n${policy}\n\nCase:\n${JSON.stringify(data)}`;

/** Breaks lines between words at the given width, as an editor would. */
function wrap(text: string, width: number): string {
  return text.replace(new RegExp(`(?=.{${width}})(.{1,${width}}) `, 'g'), '$1\n  ');
}

describe('properties of the local model', () => {
  it.prop([facts])('the same request gets the same answer', async (data) => {
    const prompt = promptOf(bullets(STATEMENTS), data);
    expect(await ask(prompt, VERDICT)).toEqual(await ask(prompt, VERDICT));
  });

  it.prop([facts, fc.integer({ min: 12, max: 90 }), fc.boolean(), fc.boolean()])(
    'white space and line breaks do not change the answer',
    async (data, width, pretty, crlf) => {
      const wrapped = STATEMENTS.map((statement) => `*   ${wrap(statement, width)}`).join('\n\n');
      const prompt = `${wrap(OPENING, width)}\n\n\nPolicy: \n${wrapped}\n\nCase:\n${JSON.stringify(data, null, pretty ? 4 : 0)}`;
      const changed = await ask(crlf ? prompt.replaceAll('\n', '\r\n') : prompt, VERDICT);
      expect(changed.object).toEqual((await ask(promptOf(bullets(STATEMENTS), data), VERDICT)).object);
    },
  );

  it.prop([facts])('bullets or one paragraph: the same answer', async (data) => {
    const paragraph = await ask(promptOf(STATEMENTS.join(' '), data), VERDICT);
    expect(paragraph.object).toEqual((await ask(promptOf(bullets(STATEMENTS), data), VERDICT)).object);
  });

  it.prop([facts, fc.constantFrom(...INAPPLICABLE), fc.integer({ min: 0, max: STATEMENTS.length - 1 })])(
    'a statement that cannot apply does not change the answer',
    async (data, statement, place) => {
      const more = STATEMENTS.toSpliced(place, 0, statement);
      const changed = await ask(promptOf(bullets(more), data), VERDICT);
      expect(changed.object).toEqual((await ask(promptOf(bullets(STATEMENTS), data), VERDICT)).object);
    },
  );

  it.prop([fc.string({ maxLength: 300 }), fc.json({ maxDepth: 3 })])(
    'any prompt gets an answer of the schema',
    async (text, json) => {
      const { object } = await ask(`${text}\n${json}`, VERDICT);
      expect(Object.keys(object)).toEqual(['approve', 'reason', 'confidence']);
      expect(typeof object['approve']).toBe('boolean');
    },
  );
});

describe('seeded noise', () => {
  const prompt = promptOf(bullets(STATEMENTS), { message: 'It arrived shattered.' });
  const flips = async (seed: number, rate: number) => {
    const verdicts = await Promise.all(
      Array.from({ length: 300 }, (_, call) => ask(prompt, VERDICT, { noise: { seed, rate }, call: `call-${call}` })),
    );
    return verdicts.map(({ object }) => object['approve'] === false);
  };

  it('turns about the asked share of calls over, the same ones every time', async () => {
    const first = await flips(7, 0.2);
    expect(await flips(7, 0.2)).toEqual(first);
    expect(first.filter(Boolean).length).toBeGreaterThan(35);
    expect(first.filter(Boolean).length).toBeLessThan(85);
  });

  it('turns other calls over with another seed, and none at rate 0', async () => {
    expect(await flips(8, 0.2)).not.toEqual(await flips(7, 0.2));
    expect((await flips(7, 0)).some(Boolean)).toBe(false);
  });
});

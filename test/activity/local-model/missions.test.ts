import { describe, expect, it } from 'vitest';
import { ask } from './ask.ts';

const enumOf = (...values: string[]) => ({ type: 'string', enum: values });
const objectOf = (properties: Record<string, unknown>) => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
});

describe('the local model classifies', () => {
  const schema = objectOf({ category: enumOf('damaged', 'wrong-item', 'changed-mind', 'late-delivery', 'other') });

  it.each([
    ['The mug was shattered when I opened the box', 'damaged'],
    ['You sent me the blue one instead of the one I picked', 'wrong-item'],
    ['I no longer need it', 'changed-mind'],
    ['The parcel came two weeks after the promised date', 'late-delivery'],
    ['Hello, please help', 'other'],
    ['It is not broken, I just regret buying it', 'changed-mind'],
  ])('%s → %s', async (message, category) => {
    const prompt = `Classify the request as one of: damaged, wrong item, changed mind, late delivery, other.\nMessage: "${message}"`;
    expect((await ask(prompt, schema)).object).toEqual({ category });
  });

  it('with explanations of the labels', async () => {
    const prompt = `Classify the request.\n- damaged: a part is missing\n- other: anything else\n\n<request>A screw is missing.</request>`;
    expect((await ask(prompt, schema)).object).toEqual({ category: 'damaged' });
  });

  it('as a text when no schema is given', async () => {
    const prompt = 'Classify as one of: damaged, wrong item, other.\nMessage: It fell in pieces.';
    expect((await ask(prompt)).text).toBe('damaged');
  });
});

describe('the local model routes tickets', () => {
  const schema = objectOf({
    queue: enumOf('billing', 'technical', 'sales', 'general'),
    priority: enumOf('low', 'normal', 'high'),
    urgent: { type: 'boolean' },
  });
  const policy = `Route each ticket.
- Route questions about invoices or payments to billing.
- Route to technical when the customer reports an outage or a crash.
- Tickets about upgrades or new licences go to sales.
- Otherwise, route to general.
- Priority is high when the service is down or the customer is a premium customer.
- Set priority to low if the message is a feature request.
- By default, set the priority to normal.
- Mark as urgent when the priority is critical or the customer asks for help right away.
`;

  it.each([
    [{ message: 'I was charged twice on my credit card' }, 'billing', 'normal', false],
    [{ message: 'Your app crashes at start', tier: 'gold' }, 'technical', 'high', false],
    [{ message: 'We want to talk about an upgrade to the bigger plan' }, 'sales', 'normal', false],
    [{ message: 'It would be great to have dark mode' }, 'general', 'low', false],
    [{ message: 'The whole service is down, please help right away' }, 'technical', 'high', true],
  ])('%j', async (facts, queue, priority, urgent) => {
    const { object, reasoning } = await ask(`${policy}\n${JSON.stringify(facts)}`, schema);
    expect(object, reasoning).toEqual({ queue, priority, urgent });
  });
});

describe('the local model pre-checks loans', () => {
  const schema = objectOf({ decision: enumOf('accept', 'reject', 'manual-review'), reason: { type: 'string' } });
  const policy = `Pre-check of loan applications.
Accept if the credit score is at least 650 and the applicant is employed.
Reject applicants younger than 18 years. Reject if the monthly income is below $1,500, unless the applicant has a guarantor.
Refer to a person when the requested amount is over $50,000 or the applicant was bankrupt before.
Otherwise reject.`;
  const good = {
    age: 30,
    monthlyIncome: 3000,
    requestedAmount: 5000,
    creditScore: 700,
    employed: true,
    bankruptcy: false,
  };

  it.each([
    [{}, 'accept'],
    [{ age: 17 }, 'reject'],
    [{ monthlyIncome: 1000, guarantor: false }, 'reject'],
    [{ monthlyIncome: 1000, guarantor: true }, 'accept'],
    [{ requestedAmount: 60_000 }, 'manual-review'],
    [{ bankruptcy: true }, 'manual-review'],
    [{ creditScore: 600 }, 'reject'],
    [{ employed: false }, 'reject'],
  ])('%j → %s', async (change, decision) => {
    const { object, reasoning } = await ask(`${policy}\n${JSON.stringify({ ...good, ...change })}`, schema);
    expect(object['decision'], reasoning).toBe(decision);
  });
});

describe('the local model writes', () => {
  it('a letter from its instructions and the facts', async () => {
    const { text } = await ask(
      `Write a short, polite letter that denies the refund. Apologise. Mention the order number and the reason.
Offer a 10 % voucher for the next order. Sign as "The returns desk".
{"customerName": "Customer 17", "orderId": "O-1", "reason": "The return window has passed."}`,
    );
    for (const part of [
      'Dear Customer 17',
      'sorry',
      'cannot approve',
      'O-1',
      'window has passed',
      '10 % voucher',
      'The returns desk',
    ]) {
      expect(text).toContain(part);
    }
  });

  it('other texts when told otherwise', async () => {
    const { text } = await ask(
      'Write a letter to the customer. Mention the order number.\n{"name": "Customer 17", "orderId": "O-1"}',
    );
    expect(text).toContain('O-1');
    expect(text).not.toMatch(/sorry|cannot|voucher/);
  });
});

import {
  ApplicationFailure,
  condition,
  continueAsNew,
  defineSignal,
  defineUpdate,
  executeChild,
  setHandler,
  sleep,
} from '@temporalio/workflow';
import { deliveryWatch as mission } from './mission.ts';
import { type CarrierNews, Remedy, type Watch } from './schemas.ts';

const carrierNews = defineSignal<[CarrierNews]>('carrierNews');
const move = defineUpdate<number, [string]>('move');

/** Waits before a customer is asked whether all is well again. */
export async function coolingOff(waitMs: number): Promise<string> {
  await sleep(waitMs);
  return `waited ${waitMs} ms`;
}

export const deliveryWatch = mission.workflow(async ({ step, rules }, watch) => {
  const { parcelId, value } = watch;
  const messages = [...watch.messages];
  let moves = watch.moves;
  let unread = 0;
  let final = false;
  setHandler(carrierNews, (news) => {
    messages.push(news.text);
    unread += 1;
    final ||= news.final;
  });
  setHandler(
    move,
    async (address) => {
      moves += 1;
      await step.tool('redirect', { parcelId, address }, { id: `redirect-${moves}` });
      return moves;
    },
    {
      validator: (address) => {
        if (address.trim() === '') throw ApplicationFailure.nonRetryable('An address is needed.', 'AddressMissing');
      },
    },
  );

  let checks = watch.checked;
  let parcel: { state: 'on-its-way' | 'delivered' | 'lost'; daysLate: number } = { state: 'on-its-way', daysLate: 0 };
  for (let round = 0; round < rules.checksPerRun && parcel.state === 'on-its-way' && !final; round += 1) {
    await condition(() => unread > 0, rules.checkEveryMs);
    unread = 0;
    checks += 1;
    parcel = await step.tool('getParcel', { parcelId, check: checks }, { id: `check-${checks}` });
  }
  step.observe('watched', { checks, state: parcel.state, messages: messages.length });
  if (parcel.state === 'on-its-way' && checks < rules.checksMax && !final) {
    const next: Watch = { ...watch, checked: checks, messages, moves };
    return continueAsNew(next);
  }

  const late = step.rule('late', parcel.daysLate, (days) => days > rules.lateAfterDays);
  const complained = step.rule('complained', messages.length > 0);
  const state = parcel.state === 'on-its-way' ? 'given-up' : parcel.state;
  if (state === 'delivered' && !late && !complained) {
    return { state, remedy: 'none', amount: 0, checks, moves, reason: 'As promised.' };
  }
  const facts = { state, daysLate: parcel.daysLate, moves, message: messages.join(' ') };
  const variables = { parcel: facts, lateAfterDays: String(rules.lateAfterDays) };
  const { remedy, reason } = await step.model('remedy', variables, Remedy);
  const amount =
    remedy === 'refund' ? value : remedy === 'voucher' ? Math.min(value * rules.voucherShare, rules.voucherMax) : 0;
  const text = await step.model('note', { parcel: { parcel: parcelId, remedy, amount } });
  if (remedy === 'none') {
    await step.tool('sendNote', { parcelId, text });
    return { state, remedy, amount, checks, moves, reason };
  }
  await Promise.all([step.tool('compensate', { parcelId, remedy, amount }), step.tool('sendNote', { parcelId, text })]);
  if (remedy === 'refund') {
    const waited = await executeChild(coolingOff, { workflowId: `${parcelId}-cooling-off`, args: [1_000] });
    step.observe('cooled-off', waited);
  }
  return { state, remedy, amount, checks, moves, reason };
});

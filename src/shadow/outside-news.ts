/**
 * What reached the real run from outside, and a shadow has still to be told: signals, updates, decisions of people, and the
 * request to cancel. Pure.
 *
 * Invariants
 * 1. Nobody is asked for a shadow: a question is answered as the real run's was, or not at all.
 * 2. A shadow is told in the order in which the real run was. When it is told, relative to its own steps, may differ.
 */
import { DECIDE_UPDATE, type DecisionAnswer, type DecisionQuestion } from '../mission/wire.ts';
import { payloadsToJson, payloadToJson } from '../recording/payloads.ts';
import { runEndOf } from '../recording/run-end.ts';
import { DecisionBook } from '../replay/decision-book.ts';
import type { History, HistoryEvent } from '../replay/proto.ts';
import { readCommands } from '../replay/recorded-commands.ts';
import type { Json } from '../shared/json.ts';
import type { StoppedShadow } from './stopped-shadow.ts';

export type OutsideNews =
  | { readonly kind: 'signal' | 'update'; readonly name: string; readonly args: readonly Json[]; readonly id: string }
  | { readonly kind: 'decision'; readonly answer: DecisionAnswer }
  | { readonly kind: 'cancel' }
  /** A question that the real run has no answer for. */
  | { readonly kind: 'stop'; readonly stopped: StoppedShadow };

export interface OpenShadow {
  readonly primary: readonly History[];
  readonly shadow: readonly History[];
  /** What the shadow waits for a person to say. */
  readonly questions: readonly DecisionQuestion[];
}

export function outsideNews(open: OpenShadow): readonly OutsideNews[] {
  const [theirs, ours] = [eventsOf(open.primary), eventsOf(open.shadow)];
  const received = messagesIn(open.shadow);
  const signalsDone = received.filter(({ kind }) => kind === 'signal').length;
  const updatesDone = new Set(received.filter(({ kind }) => kind === 'update').map(({ id }) => id));
  let signals = 0;
  const messages = messagesIn(open.primary).filter(({ kind, id }) => {
    if (kind === 'update') return !updatesDone.has(id);
    signals += 1;
    return signals > signalsDone;
  });
  const cancels = theirs.some(isCancelRequest) && !ours.some(isCancelRequest);
  return [...messages, ...decisionsFor(open), ...(cancels ? [{ kind: 'cancel' } as const] : [])];
}

function eventsOf(chain: readonly History[]): readonly HistoryEvent[] {
  return chain.flatMap(({ events }) => events ?? []);
}

function isCancelRequest(event: HistoryEvent): boolean {
  return Boolean(event.workflowExecutionCancelRequestedEventAttributes);
}

type Message = Extract<OutsideNews, { kind: 'signal' | 'update' }>;

function messagesIn(chain: readonly History[]): readonly Message[] {
  return chain.flatMap(({ events }, link) => (events ?? []).flatMap((event) => messageIn(event, link) ?? []));
}

/** A signal or an update of the author's own; decisions are matched by what was asked. */
function messageIn(event: HistoryEvent, link: number): Message | undefined {
  const signal = event.workflowExecutionSignaledEventAttributes;
  if (signal) {
    const id = `${link}/${String(event.eventId)}`;
    return { kind: 'signal', name: signal.signalName ?? '', args: payloadsToJson(signal.input), id };
  }
  const { acceptedRequest } = event.workflowExecutionUpdateAcceptedEventAttributes ?? {};
  const { name, args } = acceptedRequest?.input ?? {};
  if (!name || name === DECIDE_UPDATE) return undefined;
  return { kind: 'update', name, args: payloadsToJson(args), id: acceptedRequest?.meta?.updateId ?? '' };
}

function decisionsFor({ primary, shadow, questions }: OpenShadow): readonly OutsideNews[] {
  if (questions.length === 0) return [];
  const book = new DecisionBook(primary);
  const last = primary.at(-1);
  const isOver = last !== undefined && runEndOf(last).status !== 'open';
  const asked = readCommands(shadow).views.filter(({ kind }) => kind === 'decision');
  return asked.flatMap((view): OutsideNews[] => {
    const found = book.match(view);
    const question = questions.find(({ step }) => step === view.step);
    if (question === undefined) return [];
    const answer = readSaid(found?.answer?.job.doUpdate?.input?.[0]);
    if (answer === undefined) return isOver ? [stopAt(question, 'nobody decided this in the real run')] : [];
    if (question.options.includes(answer.option)) return [{ kind: 'decision', answer }];
    return [stopAt(question, `"${answer.option}" was decided in the real run, which is no option here`)];
  });
}

function readSaid(payload: Parameters<typeof payloadToJson>[0]): DecisionAnswer | undefined {
  return payload ? (payloadToJson(payload) as unknown as DecisionAnswer) : undefined;
}

function stopAt({ step }: DecisionQuestion, reason: string): OutsideNews {
  return { kind: 'stop', stopped: { kind: 'unanswered', step, reason } };
}

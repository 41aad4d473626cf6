/** What the rest of a recording still brings to a run that left the lockstep. */
import { DECIDE_UPDATE, type DecisionAnswer } from '../mission/wire.ts';
import { payloadToJson } from '../recording/payloads.ts';
import { jsonEquals } from '../shared/json.ts';
import type { CommandView } from './command-view.ts';
import { StepNamer } from './command-view.ts';
import { initiatingEventId } from './lockstep/event-facts.ts';
import type { HistoryDriver } from './lockstep/history-driver.ts';
import { cancelJob, signalJob } from './lockstep/outside-jobs.ts';
import { UpdateDesk } from './lockstep/update-desk.ts';
import { type History, type HistoryEvent, type Job, toMs } from './proto.ts';
import type { OutsideNews } from './simulation.ts';
import { viewOfEvent } from './view-of-event.ts';

/** The answers of people, by the step that asked. */
export interface RecordedDecision {
  readonly question: CommandView;
  readonly job: Job;
  readonly latencyMs: number;
}

/**
 * News for a run that goes on from a driver: of its own history what was not handled, of later links what comes from
 * outside. Answers to questions that were not asked yet are left out; they come when the question does.
 */
export function newsAfter(driver: HistoryDriver, later: readonly History[]): OutsideNews[] {
  const rest = driver.events.slice(driver.position);
  const own = rest.flatMap((event) => [...fromOutside(event, driver), ...progressOf(event, driver)]);
  return [...own, ...newsOfLinks(later)];
}

/** News from outside of links that are simulated from their start. */
export function newsOfLinks(links: readonly History[]): OutsideNews[] {
  return links.flatMap(({ events }) => (events ?? []).flatMap((event) => fromOutside(event, undefined)));
}

function fromOutside(event: HistoryEvent, driver: HistoryDriver | undefined): OutsideNews[] {
  const timeMs = toMs(event.eventTime);
  if (event.workflowExecutionTerminatedEventAttributes) return [{ timeMs, deliver: () => [], ends: 'terminated' }];
  if (event.workflowExecutionTimedOutEventAttributes) return [{ timeMs, deliver: () => [], ends: 'timed-out' }];
  const jobs = [...signalJob(event), ...cancelJob(event), ...updateJob(event, driver)];
  return jobs.length === 0 ? [] : [{ timeMs, deliver: () => jobs }];
}

function updateJob(event: HistoryEvent, driver: HistoryDriver | undefined): readonly Job[] {
  if (!event.workflowExecutionUpdateAcceptedEventAttributes || driver?.givenUpdates.has(event)) return [];
  const job = new UpdateDesk().requestJob(event);
  if (job === undefined || job.doUpdate?.name === DECIDE_UPDATE) return [];
  return [{ doUpdate: { ...job.doUpdate, runValidator: true } as NonNullable<Job['doUpdate']> }];
}

/** What the recording still says of something that the candidate has under way as the baseline had. */
function progressOf(event: HistoryEvent, driver: HistoryDriver): OutsideNews[] {
  const initiatedBy = initiatingEventId(event);
  if (initiatedBy === undefined || driver.shop.ofEvent(initiatedBy) === undefined) return [];
  return [{ timeMs: toMs(event.eventTime), deliver: () => driver.shop.progress(event, initiatedBy) }];
}

/** Who decided what in a chain, with how long they took. */
export function readDecisions(histories: readonly History[]): RecordedDecision[] {
  const asked = new Map<string, { readonly question: CommandView; readonly timeMs: number }>();
  const decisions: RecordedDecision[] = [];
  const namer = new StepNamer();
  for (const event of histories.flatMap(({ events }) => events ?? [])) {
    const question = event.workflowPropertiesModifiedEventAttributes ? viewOfEvent(event, namer) : undefined;
    if (question?.kind === 'decision') asked.set(question.step, { question, timeMs: toMs(event.eventTime) });
    const answer = answerIn(event);
    const open = answer === undefined ? undefined : asked.get(answer.step);
    if (answer === undefined || open === undefined) continue;
    decisions.push({
      question: open.question,
      job: answer.job,
      latencyMs: Math.max(1, toMs(event.eventTime) - open.timeMs),
    });
  }
  return decisions;
}

function answerIn(event: HistoryEvent): { readonly step: string; readonly job: Job } | undefined {
  if (!event.workflowExecutionUpdateAcceptedEventAttributes) return undefined;
  const job = new UpdateDesk().requestJob(event);
  if (job?.doUpdate?.name !== DECIDE_UPDATE) return undefined;
  const answer = payloadToJson(job.doUpdate.input?.[0]) as unknown as DecisionAnswer;
  return { step: answer.step, job };
}

/** The recorded answer to a question of the candidate: to the very question, or to the one that the same step asked. */
export function decisionFor(question: CommandView, decisions: readonly RecordedDecision[]) {
  const same = decisions.find(
    (one) => one.question.step === question.step && jsonEquals(one.question.request, question.request),
  );
  const found = same ?? decisions.find((one) => one.question.step === question.step);
  return found && { job: found.job, latencyMs: found.latencyMs, exact: found === same };
}

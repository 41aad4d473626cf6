/** What the rest of a recording still brings to a run that left the lockstep. */
import { DECIDE_UPDATE } from '../mission/wire.ts';
import type { DecisionBook } from './decision-book.ts';
import { idOf, initiatingEventId } from './lockstep/event-facts.ts';
import type { HistoryDriver } from './lockstep/history-driver.ts';
import { cancelJob, signalJob } from './lockstep/outside-jobs.ts';
import type { TimerMachine } from './lockstep/timer-machine.ts';
import { UpdateDesk } from './lockstep/update-desk.ts';
import { type History, type HistoryEvent, type Job, toMs, toNumber } from './proto.ts';

/** What comes from outside, arranged before a simulation begins. */
export interface OutsideNews {
  readonly timeMs: number;
  /** `run`: about something that one link has under way. `chain`: for whichever link runs at that time. */
  readonly scope: 'run' | 'chain';
  deliver(): readonly Job[];
  /** Set when it ends the run by force. */
  readonly ends?: 'terminated' | 'timed-out';
}

/**
 * News for a run that goes on from a driver: of its own history what was not handled, of later links what comes from
 * outside. Answers to questions that were not asked yet are left out; they come when the question does.
 */
export function newsAfter(driver: HistoryDriver, later: readonly History[], decisions: DecisionBook): OutsideNews[] {
  const rest = driver.events.slice(driver.position);
  const own = rest.flatMap((event) => [...fromOutside(event, decisions, driver), ...progressOf(event, driver)]);
  return [...own, ...timersUnderWay(driver, rest), ...newsOfLinks(later, decisions)];
}

function newsOfLinks(links: readonly History[], decisions: DecisionBook): OutsideNews[] {
  return links.flatMap(({ events }) => (events ?? []).flatMap((event) => fromOutside(event, decisions, undefined)));
}

function fromOutside(event: HistoryEvent, decisions: DecisionBook, driver: HistoryDriver | undefined): OutsideNews[] {
  const common = { timeMs: toMs(event.eventTime), scope: 'chain' as const };
  if (event.workflowExecutionTerminatedEventAttributes) return [{ ...common, deliver: () => [], ends: 'terminated' }];
  if (event.workflowExecutionTimedOutEventAttributes) return [{ ...common, deliver: () => [], ends: 'timed-out' }];
  const jobs = [...signalJob(event), ...cancelJob(event), ...updateJob(event, decisions, driver)];
  return jobs.length === 0 ? [] : [{ ...common, deliver: () => jobs }];
}

function updateJob(event: HistoryEvent, decisions: DecisionBook, driver: HistoryDriver | undefined): readonly Job[] {
  if (!event.workflowExecutionUpdateAcceptedEventAttributes || driver?.givenUpdates.has(event)) return [];
  const update = new UpdateDesk().requestJob(event)?.doUpdate;
  if (!update || (update.name === DECIDE_UPDATE && !decisions.isAwaited(event))) return [];
  return [{ doUpdate: { ...update, runValidator: true } }];
}

/** What the recording still says of something that the candidate has under way as the baseline had. */
function progressOf(event: HistoryEvent, driver: HistoryDriver): OutsideNews[] {
  const initiatedBy = initiatingEventId(event);
  if (initiatedBy === undefined || driver.shop.ofEvent(initiatedBy) === undefined) return [];
  const deliver = () => driver.shop.progress(event, initiatedBy);
  return [{ timeMs: toMs(event.eventTime), scope: 'run', deliver }];
}

/** Timers that the recorded run cancelled or never saw fire, and that the candidate may well wait for. */
function timersUnderWay(driver: HistoryDriver, rest: readonly HistoryEvent[]): OutsideNews[] {
  const fired = new Set(rest.map((event) => toNumber(event.timerFiredEventAttributes?.startedEventId)));
  return [...driver.shop.timers.values()].flatMap((timer) => {
    const { startedEvent, closed } = timer;
    if (startedEvent === undefined || closed || fired.has(idOf(startedEvent))) return [];
    const timeMs = toMs(startedEvent.eventTime) + toMs(timer.command.startTimer?.startToFireTimeout);
    return [{ timeMs, scope: 'run', deliver: () => fire(timer) }];
  });
}

/** News that a driver took from the history and had not given yet when the lockstep ended. */
export function newsWaiting(driver: HistoryDriver): OutsideNews[] {
  return driver.takePendingJobs().map((job) => {
    const outside = job.signalWorkflow ?? job.cancelWorkflow ?? job.doUpdate;
    return { timeMs: driver.nowMs, scope: outside ? 'chain' : 'run', deliver: () => [job] };
  });
}

/** Lets a timer fire. */
export function fire(timer: TimerMachine): readonly Job[] {
  return timer.progressed({ timerFiredEventAttributes: { timerId: String(timer.seq) } });
}

import { payloadsToJson, payloadToJson } from '../recording/payloads.ts';
import type { Json } from '../shared/json.ts';
import { optionsOfEvent } from './activity-options.ts';
import type { CommandView, StepNamer } from './command-view.ts';
import { optionsOfChildInitiated, optionsOfContinuedAsNew } from './handed-on-options.ts';
import { idOf, isUnrecordedLocal, localActivityMarkerOf, patchMarkerOf } from './lockstep/event-facts.ts';
import { type HistoryEvent, toNumber } from './proto.ts';
import {
  activityView,
  argumentsView,
  cancelExternalView,
  cancelView,
  childView,
  endView,
  failureView,
  memoView,
  operationView,
  patchView,
  searchAttributesView,
  signalView,
  timerView,
  updateView,
} from './view-parts.ts';

/** The view of a recorded command event; `undefined` for every other event. */
export function viewOfEvent(event: HistoryEvent, namer: StepNamer): CommandView | undefined {
  const work = viewOfWork(event, namer) ?? viewOfExternal(event, namer);
  if (work === undefined) return viewOfCancel(event, namer) ?? viewOfMark(event, namer) ?? viewOfEnd(event);
  namer.begin(`event ${idOf(event)}`, work.step);
  const child = event.startChildWorkflowExecutionInitiatedEventAttributes;
  if (child) namer.begin(`child ${child.workflowId}`, work.step);
  return work;
}

/** Of a step that the namer knows. */
function viewOfCancel(event: HistoryEvent, namer: StepNamer): CommandView | undefined {
  const {
    activityTaskCancelRequestedEventAttributes: activity,
    timerCanceledEventAttributes: timer,
    requestCancelExternalWorkflowExecutionInitiatedEventAttributes: child,
    nexusOperationCancelRequestedEventAttributes: operation,
  } = event;
  if (child) return cancelView(namer, `child ${child.workflowExecution?.workflowId}`);
  const began = activity?.scheduledEventId ?? timer?.startedEventId ?? operation?.scheduledEventId;
  return cancelView(namer, `event ${toNumber(began)}`);
}

function viewOfWork(event: HistoryEvent, namer: StepNamer): CommandView | undefined {
  const { activityTaskScheduledEventAttributes: activity, timerStartedEventAttributes: timer } = event;
  if (activity) {
    const { activityId, activityType, input } = activity;
    const options = optionsOfEvent(activity);
    return activityView(
      { activityId: activityId ?? '', activityType: activityType?.name ?? '', payloads: input?.payloads, options },
      namer,
    );
  }
  if (timer) return timerView(timer.startToFireTimeout, namer);
  const child = event.startChildWorkflowExecutionInitiatedEventAttributes;
  if (!child) return undefined;
  const { workflowType, input } = child;
  const options = optionsOfChildInitiated(child);
  return childView({ workflowType: workflowType?.name ?? '', payloads: input?.payloads, options }, namer);
}

function viewOfExternal(event: HistoryEvent, namer: StepNamer): CommandView | undefined {
  const nexus = event.nexusOperationScheduledEventAttributes;
  if (nexus) {
    const { endpoint, service, operation, input } = nexus;
    return operationView(
      { endpoint: endpoint ?? '', service: service ?? '', operation: operation ?? '', input },
      namer,
    );
  }
  const signal = event.signalExternalWorkflowExecutionInitiatedEventAttributes;
  if (signal) {
    const { signalName, workflowExecution: target, input, childWorkflowOnly } = signal;
    const childOnly = Boolean(childWorkflowOnly);
    return signalView({ name: signalName ?? '', target, payloads: input?.payloads, childOnly }, namer);
  }
  const cancel = event.requestCancelExternalWorkflowExecutionInitiatedEventAttributes;
  return cancel && !cancel.childWorkflowOnly ? cancelExternalView(cancel.workflowExecution, namer) : undefined;
}

function viewOfMark(event: HistoryEvent, namer: StepNamer): CommandView | undefined {
  const memo = event.workflowPropertiesModifiedEventAttributes;
  if (memo) return memoView(memo.upsertedMemo?.fields, namer);
  const attributes = event.upsertWorkflowSearchAttributesEventAttributes;
  if (attributes) return searchAttributesView(attributes.searchAttributes?.indexedFields, namer);
  const patch = patchMarkerOf(event);
  if (patch) return patchView(patch.patchId);
  const local = localActivityMarkerOf(event);
  if (local) {
    const payloads = event.markerRecordedEventAttributes?.details?.['input']?.payloads;
    const { activityId, activityType } = local;
    const view = activityView({ activityId, activityType, payloads, options: {} }, namer);
    return { ...view, localRequest: isUnrecordedLocal(event) ? 'unknown' : 'known' };
  }
  return viewOfUpdate(event, namer);
}

function viewOfUpdate(event: HistoryEvent, namer: StepNamer): CommandView | undefined {
  if (event.workflowExecutionUpdateAcceptedEventAttributes) return updateView('accepted', null, namer);
  const completed = event.workflowExecutionUpdateCompletedEventAttributes;
  if (!completed) return undefined;
  const { success, failure } = completed.outcome ?? {};
  return updateView('completed', failure ? failureView(failure) : payloadToJson(success?.payloads?.[0]), namer);
}

function viewOfEnd(event: HistoryEvent): CommandView | undefined {
  const completed = event.workflowExecutionCompletedEventAttributes;
  if (completed) return endView('completed', (payloadsToJson(completed.result)[0] ?? null) as Json);
  const failed = event.workflowExecutionFailedEventAttributes;
  if (failed) return endView('failed', failureView(failed.failure));
  const continued = event.workflowExecutionContinuedAsNewEventAttributes;
  if (continued) {
    const { workflowType, input } = continued;
    const request = { workflowType: workflowType?.name ?? '', input: argumentsView(input?.payloads) };
    return endView('continued-as-new', request, optionsOfContinuedAsNew(continued));
  }
  return event.workflowExecutionCanceledEventAttributes ? endView('cancelled', null) : undefined;
}

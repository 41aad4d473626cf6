import { payloadToJson } from '../recording/payloads.ts';
import { optionsOfCommand } from './activity-options.ts';
import type { CommandView, StepNamer } from './command-view.ts';
import { optionsOfContinueAsNew, optionsOfStartChild } from './handed-on-options.ts';
import type { Command } from './proto.ts';
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

/** The view of a command that a candidate issued; `undefined` for those that ask nothing of the world. */
export function viewOfCommand(command: Command, namer: StepNamer): CommandView | undefined {
  const work = viewOfWork(command, namer);
  if (work === undefined) return viewOfCancel(command, namer) ?? viewOfMark(command, namer) ?? viewOfEnd(command);
  for (const [begins, kind] of CANCELLABLE) {
    const seq = command[begins]?.seq;
    if (seq !== undefined) namer.begin(`${kind} ${seq}`, work.step);
  }
  return work;
}

/** What can be cancelled, with the kind of the number that joins the two commands. */
const CANCELLABLE = [
  ['scheduleActivity', 'activity'],
  ['startTimer', 'timer'],
  ['startChildWorkflowExecution', 'child'],
  ['scheduleNexusOperation', 'operation'],
] as const;

/** Of a step that the namer knows. */
function viewOfCancel(command: Command, namer: StepNamer): CommandView | undefined {
  const {
    requestCancelActivity: activity,
    cancelTimer: timer,
    cancelChildWorkflowExecution: child,
    requestCancelNexusOperation: operation,
  } = command;
  if (activity) return cancelView(namer, `activity ${activity.seq ?? 0}`);
  if (timer) return cancelView(namer, `timer ${timer.seq ?? 0}`);
  if (child) return cancelView(namer, `child ${child.childWorkflowSeq ?? 0}`);
  return operation ? cancelView(namer, `operation ${operation.seq ?? 0}`) : undefined;
}

function viewOfWork(command: Command, namer: StepNamer): CommandView | undefined {
  const {
    scheduleActivity: activity,
    scheduleLocalActivity: local,
    startTimer: timer,
    startChildWorkflowExecution: child,
  } = command;
  if (activity) {
    const { activityId, activityType, arguments: payloads } = activity;
    return activityView(
      { activityId: activityId ?? '', activityType: activityType ?? '', payloads, options: optionsOfCommand(activity) },
      namer,
    );
  }
  if (local) {
    const { activityId, activityType, arguments: payloads } = local;
    const parts = { activityId: activityId ?? '', activityType: activityType ?? '', payloads, options: {} };
    return { ...activityView(parts, namer), localRequest: 'known' };
  }
  if (timer) return timerView(timer.startToFireTimeout, namer);
  if (child)
    return childView(
      { workflowType: child.workflowType ?? '', payloads: child.input, options: optionsOfStartChild(child) },
      namer,
    );
  return viewOfExternal(command, namer);
}

function viewOfExternal(command: Command, namer: StepNamer): CommandView | undefined {
  const { scheduleNexusOperation: nexus } = command;
  if (nexus) {
    const { endpoint, service, operation, input } = nexus;
    return operationView(
      { endpoint: endpoint ?? '', service: service ?? '', operation: operation ?? '', input },
      namer,
    );
  }
  const { signalExternalWorkflowExecution: signal, requestCancelExternalWorkflowExecution: cancel } = command;
  if (signal) {
    const { signalName, childWorkflowId, workflowExecution, args: payloads } = signal;
    const childOnly = Boolean(childWorkflowId);
    const target = childOnly ? { workflowId: childWorkflowId } : workflowExecution;
    return signalView({ name: signalName ?? '', target, payloads, childOnly }, namer);
  }
  return cancel ? cancelExternalView(cancel.workflowExecution, namer) : undefined;
}

function viewOfMark(command: Command, namer: StepNamer): CommandView | undefined {
  const {
    modifyWorkflowProperties: memo,
    upsertWorkflowSearchAttributes: attributes,
    setPatchMarker: patch,
    updateResponse: update,
  } = command;
  if (memo) return memoView(memo.upsertedMemo?.fields, namer);
  if (attributes) return searchAttributesView(attributes.searchAttributes?.indexedFields, namer);
  if (patch) return patchView(patch.patchId ?? '');
  if (!update) return undefined;
  if (update.accepted) return updateView('accepted', null, namer);
  if (update.rejected) return updateView('completed', failureView(update.rejected), namer);
  return updateView('completed', payloadToJson(update.completed), namer);
}

function viewOfEnd(command: Command): CommandView | undefined {
  const {
    completeWorkflowExecution: completed,
    failWorkflowExecution: failed,
    continueAsNewWorkflowExecution: continued,
  } = command;
  if (completed) return endView('completed', payloadToJson(completed.result));
  if (failed) return endView('failed', failureView(failed.failure));
  if (continued) {
    const request = { workflowType: continued.workflowType ?? '', input: argumentsView(continued.arguments) };
    return endView('continued-as-new', request, optionsOfContinueAsNew(continued));
  }
  return command.cancelWorkflowExecution ? endView('cancelled', null) : undefined;
}

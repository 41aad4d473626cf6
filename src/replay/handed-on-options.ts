/**
 * What a run gives to another one beside its input, in one form, whether a candidate just gave it or the server recorded it: to a
 * child, and to the next link of its own chain.
 *
 * Entries of memo and search attributes that the kit writes are its own (`mission/wire.ts`): they name the version of a run.
 */
import proto from '@temporalio/proto';
import { isKitAttribute, isKitMemo } from '../mission/wire.ts';
import { payloadMapToJson } from '../recording/payloads.ts';
import type { Json, JsonObject } from '../shared/json.ts';
import type { Command, HistoryEvent, Payload } from './proto.ts';
import { given, ms, priorityToJson, retryTerms, retryToJson, shorter, taskTimeoutMs } from './server-terms.ts';

const { ParentClosePolicy, WorkflowIdReusePolicy } = proto.temporal.api.enums.v1;

type StartChild = NonNullable<Command['startChildWorkflowExecution']>;
type ChildInitiated = NonNullable<HistoryEvent['startChildWorkflowExecutionInitiatedEventAttributes']>;
type ContinueAsNew = NonNullable<Command['continueAsNewWorkflowExecution']>;
type ContinuedAsNew = NonNullable<HistoryEvent['workflowExecutionContinuedAsNewEventAttributes']>;

/** The server's defaults for a child. */
const CHILD = {
  taskTimeoutMs: 10_000,
  parentClosePolicy: ParentClosePolicy.PARENT_CLOSE_POLICY_TERMINATE,
  workflowIdReusePolicy: WorkflowIdReusePolicy.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
};

export function optionsOfStartChild(start: StartChild): JsonObject {
  return childOptions(start, start.taskQueue, start.searchAttributes?.indexedFields, start.memo);
}

export function optionsOfChildInitiated(initiated: ChildInitiated): JsonObject {
  const { taskQueue, searchAttributes, memo } = initiated;
  return childOptions(initiated, taskQueue?.name, searchAttributes?.indexedFields, memo?.fields);
}

type ChildTerms = Pick<
  ChildInitiated,
  | 'workflowId'
  | 'workflowExecutionTimeout'
  | 'workflowRunTimeout'
  | 'workflowTaskTimeout'
  | 'retryPolicy'
  | 'cronSchedule'
  | 'priority'
> & { readonly parentClosePolicy?: number | null; readonly workflowIdReusePolicy?: number | null };

type Fields = Readonly<Record<string, Payload>> | null | undefined;

function childOptions(
  terms: ChildTerms,
  taskQueue: string | null | undefined,
  attributes: Fields,
  memo: Fields,
): JsonObject {
  const executionTimeoutMs = ms(terms.workflowExecutionTimeout);
  const runTimeoutMs = shorter(ms(terms.workflowRunTimeout), executionTimeoutMs);
  return given({
    workflowId: terms.workflowId ?? '',
    taskQueue: taskQueue ?? '',
    executionTimeoutMs,
    runTimeoutMs,
    taskTimeoutMs: taskTimeoutMs(ms(terms.workflowTaskTimeout) ?? CHILD.taskTimeoutMs, runTimeoutMs),
    parentClosePolicy: nameIn(ParentClosePolicy, terms.parentClosePolicy || CHILD.parentClosePolicy),
    workflowIdReusePolicy: nameIn(WorkflowIdReusePolicy, terms.workflowIdReusePolicy || CHILD.workflowIdReusePolicy),
    retry: terms.retryPolicy ? retryToJson(retryTerms(terms.retryPolicy)) : undefined,
    cronSchedule: terms.cronSchedule || undefined,
    priority: priorityToJson(terms.priority),
    memo: authored(memo, isKitMemo),
    searchAttributes: authored(attributes, isKitAttribute),
  });
}

/** Of a command as it is taken (`within-run.ts`): what it leaves out is that of its run. */
export function optionsOfContinueAsNew(command: ContinueAsNew): JsonObject {
  return linkOptions(command, command.taskQueue, command.searchAttributes?.indexedFields, command.memo);
}

export function optionsOfContinuedAsNew(continued: ContinuedAsNew): JsonObject {
  const { taskQueue, searchAttributes, memo } = continued;
  return linkOptions(continued, taskQueue?.name, searchAttributes?.indexedFields, memo?.fields);
}

type LinkTerms = Pick<ContinuedAsNew, 'workflowRunTimeout' | 'workflowTaskTimeout' | 'backoffStartInterval'>;

function linkOptions(
  terms: LinkTerms,
  taskQueue: string | null | undefined,
  attributes: Fields,
  memo: Fields,
): JsonObject {
  return given({
    taskQueue: taskQueue ?? '',
    runTimeoutMs: ms(terms.workflowRunTimeout),
    taskTimeoutMs: ms(terms.workflowTaskTimeout),
    backoffMs: ms(terms.backoffStartInterval),
    memo: authored(memo, isKitMemo),
    searchAttributes: authored(attributes, isKitAttribute),
  });
}

/** The author's entries; `undefined` when there are none. The server drops those that say nothing. */
function authored(fields: Fields, isKits: (key: string) => boolean): JsonObject | undefined {
  const all = Object.entries(payloadMapToJson(fields)) as [string, Json][];
  const entries = all.filter(([key, value]) => !isKits(key) && !isNothing(value));
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function isNothing(value: Json): boolean {
  return value === null || (Array.isArray(value) && value.length === 0);
}

/** The name of a value as the SDK has it: `ABANDON` of `PARENT_CLOSE_POLICY_ABANDON`. */
function nameIn(names: Readonly<Record<number, string>>, value: number): string {
  const prefix = (names[0] ?? '').replace('UNSPECIFIED', '');
  return (names[value] ?? String(value)).replace(prefix, '');
}

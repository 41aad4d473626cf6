/** One run, in the hands of a program: its result, and what may be asked of it meanwhile. */
import type { Client, WorkflowHandle } from '@temporalio/client';
import type { QueryDefinition, SignalDefinition, UpdateDefinition } from '@temporalio/common';
import type * as z from 'zod';
import { type Decided, decide } from '../decisions/decide.ts';
import { type OpenDecision, openDecisionsOf } from '../decisions/open-decisions.ts';
import { askAwake } from '../fleet/wake-for-run.ts';
import type { Registry } from '../registry/registry.ts';
import { runError } from '../temporal/run-error.ts';

/** What of a mission types its client: `Mission` as `defineMission` makes it. */
export interface MissionShape {
  readonly name: string;
  readonly spec: {
    readonly input: z.ZodType;
    readonly output: z.ZodType;
    readonly decisions?: Readonly<Record<string, { readonly options: readonly string[] }>>;
  };
}

export type InputOf<Shape extends MissionShape> = z.input<Shape['spec']['input']>;
export type ResultOf<Shape extends MissionShape> = z.output<Shape['spec']['output']>;
/** The options of all decisions of a mission; any text when it declares none by name. */
export type OptionOf<Shape extends MissionShape> =
  Shape['spec']['decisions'] extends Readonly<Record<string, { readonly options: readonly (infer Option)[] }>>
    ? Option & string
    : string;

export interface DecideRequest<Option extends string> {
  readonly option: Option;
  /** Who decides. */
  readonly by: string;
  readonly comment?: string;
  /** The step that asks; may be left out when one question is open. */
  readonly step?: string;
}

/** By a definition of Temporal's, as `defineSignal` makes it, which says what is to be given; or by its name. */
export interface SignalRun {
  <Args extends unknown[]>(signal: SignalDefinition<Args>, ...args: Args): Promise<void>;
  (name: string, ...args: readonly unknown[]): Promise<void>;
}

/** By a definition of Temporal's, as `defineQuery` makes it, which says what is given and answered; or by its name. */
export interface QueryRun {
  <Answer, Args extends unknown[]>(query: QueryDefinition<Answer, Args>, ...args: Args): Promise<Answer>;
  <Answer>(name: string, ...args: readonly unknown[]): Promise<Answer>;
}

/** By a definition of Temporal's, as `defineUpdate` makes it, which says what is given and answered; or by its name. */
export interface UpdateRun {
  <Answer, Args extends unknown[]>(update: UpdateDefinition<Answer, Args>, ...args: Args): Promise<Answer>;
  <Answer>(name: string, ...args: readonly unknown[]): Promise<Answer>;
}

/** A run of a mission. Every method throws MissionError `RUN_UNKNOWN` or `TEMPORAL_UNAVAILABLE` besides what it names. */
export interface MissionRun<Shape extends MissionShape = MissionShape> {
  readonly workflowId: string;
  /** Of the first execution; absent when the run was named by its workflow id alone. */
  readonly runId: string | undefined;
  /**
   * Waits for the end, across continue-as-new.
   *
   * @throws MissionError `RUN_FAILED` when it ended without a result; `details.status` says how.
   */
  readonly result: () => Promise<ResultOf<Shape>>;
  /** Sends a signal. It is received once the server has it, whether or not a worker is there. */
  readonly signal: SignalRun;
  /** Asks for something that the run knows; a version that was retired is woken for it. @throws MissionError `RUN_REFUSED` when it has no such query. */
  readonly query: QueryRun;
  /** Changes something, and waits for the answer. @throws MissionError `RUN_REFUSED` with the reason of the run. */
  readonly update: UpdateRun;
  /** The questions that wait for a person. */
  readonly decisions: () => Promise<readonly OpenDecision[]>;
  /** Answers one of them. @throws MissionError `RUN_REFUSED` when it is not open, or someone else was first. */
  readonly decide: (request: DecideRequest<OptionOf<Shape>>) => Promise<Decided>;
  /** Asks the run to end. It may clean up first; `result()` then tells. `mission.cancel` does it on the record, with a reason. */
  readonly cancel: () => Promise<void>;
}

export interface RunAccess {
  readonly client: Client;
  /** Through it a version that is not hosted is woken for a query. */
  readonly registry: Registry;
}

/** @param runId - of the first execution: then nothing reaches a later run with the same workflow id */
export function missionRun<Shape extends MissionShape>(
  { client, registry }: RunAccess,
  workflowId: string,
  runId: string | undefined,
): MissionRun<Shape> {
  const handle: WorkflowHandle = client.workflow.getHandle(
    workflowId,
    undefined,
    runId === undefined ? {} : { firstExecutionRunId: runId },
  );
  const tell = async <T>(asked: string, answer: Promise<T>): Promise<T> => {
    try {
      return await answer;
    } catch (error) {
      throw runError(error, workflowId, asked);
    }
  };
  return {
    workflowId,
    runId,
    result: () => tell('its result', handle.result() as Promise<ResultOf<Shape>>),
    signal: (signal: string | SignalDefinition<unknown[]>, ...args: readonly unknown[]) =>
      tell(`the signal "${nameOf(signal)}"`, handle.signal(signal, ...args)),
    query: <Answer>(query: string | QueryDefinition<Answer, unknown[]>, ...args: readonly unknown[]) =>
      tell(
        `the query "${nameOf(query)}"`,
        askAwake({ registry, client, workflowId }, () => handle.query<Answer, unknown[]>(query, ...args)),
      ),
    update: <Answer>(update: string | UpdateDefinition<Answer, unknown[]>, ...args: readonly unknown[]) =>
      tell(`the update "${nameOf(update)}"`, executeUpdate(handle, update, args)),
    decisions: () => openDecisionsOf(client, workflowId),
    decide: (request) => decide({ client, workflowId, ...request }),
    cancel: async () => void (await tell('a cancellation', handle.cancel())),
  };
}

function nameOf(asked: string | { readonly name: string }): string {
  return typeof asked === 'string' ? asked : asked.name;
}

/** The SDK tells updates with arguments from those without, by type; one that has none takes an empty list as well. */
function executeUpdate<Answer>(
  handle: WorkflowHandle,
  update: string | UpdateDefinition<Answer, unknown[]>,
  args: readonly unknown[],
): Promise<Answer> {
  type Some = [unknown, ...unknown[]];
  return handle.executeUpdate<Answer, Some>(update as string | UpdateDefinition<Answer, Some>, { args: args as Some });
}

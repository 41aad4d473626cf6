/**
 * Asking again during a replay: the candidate's own activities, called in this process without a Temporal worker.
 *
 * Invariants
 * 1. Only model steps, and reads that the candidate's definition declares as `read` and `replayable`. Everything else is
 *    refused before any code of the author runs, whatever the command says of itself.
 * 2. The same question is asked once: its answer is kept by the content of the question, for the length of the replay, and
 *    beyond it where a cache is given. Draws of one recording are questions of their own.
 * 3. No more calls than the budget, retries included, and no more at a time than the limit.
 * 4. A failure that another call may not have is never an answer: after the last call the step is refused.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { runAlone } from '../activity/scope.ts';
import type { LoadedActivities } from '../artifact/load-activities.ts';
import type { MissionDefinition } from '../mission/definition.ts';
import { MODEL_ACTIVITY, type StepContext, toolActivity } from '../mission/wire.ts';
import type { ReplayLimits } from '../replay/answer-policy.ts';
import type { CommandView } from '../replay/command-view.ts';
import type { Asker, LiveAnswer, LiveAnswers } from '../replay/live-answers.ts';
import { isJsonObject, type Json } from '../shared/json.ts';
import { type AnswerCache, questionKey, usageOf } from './answer-cache.ts';
import { type ConcurrencyLimit, createConcurrencyLimit } from './concurrency-limit.ts';
import { type CallFailure, createPatience, type Patience, readCallFailure, withoutAnswer } from './live-failure.ts';
import { createLiveMeter, type LiveMeter } from './live-meter.ts';

export interface LiveOptions {
  readonly activities: LoadedActivities;
  readonly definition: MissionDefinition;
  readonly limits: Pick<ReplayLimits, 'liveCalls' | 'liveConcurrency'>;
  /** Where answers outlast the replay. @default nowhere */
  readonly cache?: AnswerCache | undefined;
  /** Shared by all that one replay asks. @default one of its own, with the limits */
  readonly meter?: LiveMeter | undefined;
  readonly concurrency?: ConcurrencyLimit | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Lets so many milliseconds pass before the next call; sooner when the signal is aborted. @default the system's timer */
  readonly pause?: ((ms: number, signal: AbortSignal) => Promise<void>) | undefined;
}

const ATTEMPTS_MAX = 3;
const RETRY_MS_FIRST = 500;

/** The live answers of one replay of one candidate. */
export function liveAnswersOf(options: LiveOptions): LiveAnswers {
  const asking: Asking = {
    ...options,
    signal: options.signal ?? new AbortController().signal,
    limit: options.concurrency ?? createConcurrencyLimit(options.limits.liveConcurrency),
    meter: options.meter ?? createLiveMeter({ limits: options.limits }),
    patience: createPatience(options.limits.liveConcurrency),
    pause: options.pause ?? pauseOfSystem,
  };
  const kept = new Map<string, Promise<LiveAnswer>>();
  return {
    ask(view, asker) {
      const refused = refusalOf(view, options.definition);
      if (refused !== undefined) return Promise.resolve({ refused });
      const question = questionKey(view, asker);
      const before = kept.get(question);
      if (before !== undefined) return before;
      const answer = askOrRemember(asking, view, asker);
      kept.set(question, answer);
      return answer;
    },
  };
}

interface Asking extends LiveOptions {
  readonly signal: AbortSignal;
  readonly limit: ConcurrencyLimit;
  readonly meter: LiveMeter;
  readonly patience: Patience;
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
}

async function pauseOfSystem(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
}

async function askOrRemember(asking: Asking, view: CommandView, asker: Asker | undefined): Promise<LiveAnswer> {
  const { cache, meter, limit } = asking;
  const remembered = await cache?.find(view, asker);
  if (remembered !== undefined) {
    meter.hit();
    return remembered;
  }
  const answer = await limit(() => askWithRetries(asking, view, asker));
  return cache === undefined ? answer : cache.keep(view, asker, answer);
}

/** Why a step may not be asked again, or `undefined` when it may. */
function refusalOf({ kind, name, effect }: CommandView, { tools }: MissionDefinition): string | undefined {
  if (kind === 'model') return undefined;
  if (kind !== 'tool') return `only models and reads can be asked again, not a ${kind}`;
  const tool = Object.hasOwn(tools, name) ? tools[name] : undefined;
  if (tool === undefined) return `the candidate declares no tool "${name}"`;
  if (effect !== 'read' || tool.effect !== 'read')
    return `tool "${name}" writes, and a write is never executed in a replay`;
  return tool.replayable === true ? undefined : `tool "${name}" is not declared replayable`;
}

async function askWithRetries(asking: Asking, view: CommandView, asker: Asker | undefined): Promise<LiveAnswer> {
  for (let attempt = 1; ; attempt += 1) {
    const said = await askOnce(asking, view, asker, attempt);
    if (!('failed' in said)) return said;
    const { failed } = said;
    const pauseMs = failed.retryAfterMs ?? RETRY_MS_FIRST * 2 ** (attempt - 1);
    if (attempt >= ATTEMPTS_MAX || !asking.patience.take(pauseMs)) return withoutAnswer(view, failed, attempt);
    await asking.pause(pauseMs, asking.signal);
  }
}

/** @returns what came of it; `failed` when another call may come to something else */
async function askOnce(
  asking: Asking,
  view: CommandView,
  asker: Asker | undefined,
  attempt: number,
): Promise<LiveAnswer | { readonly failed: CallFailure }> {
  const stopped = { refused: 'the replay was stopped' };
  if (asking.signal.aborted) return stopped;
  const model = modelOf(view);
  const refusal = asking.meter.admit(model, tokensOf(view));
  if (refusal !== undefined) return refusal;
  try {
    const result = await callActivity(asking, view, asker, attempt);
    spendOn(asking, model, result);
    return { result };
  } catch (error) {
    const failed = readCallFailure(error);
    spendOn(asking, model, failed.detail);
    if (asking.signal.aborted) return stopped;
    return failed.final ? { failure: { message: failed.message, type: failed.type } } : { failed };
  }
}

function spendOn({ meter }: Asking, model: string | undefined, holder: unknown): void {
  const { inputTokens, outputTokens } = usageOf(holder);
  meter.spend(model, inputTokens, outputTokens);
}

const CHARACTERS_PER_TOKEN = 4;

/** About how many are sent. */
function tokensOf({ request }: CommandView): number {
  return Math.ceil(JSON.stringify(request).length / CHARACTERS_PER_TOKEN);
}

/** The model that a model step asks. */
function modelOf({ kind, request }: CommandView): string | undefined {
  if (kind !== 'model') return undefined;
  const model = isJsonObject(request) ? request['model'] : undefined;
  return typeof model === 'string' ? model : '';
}

async function callActivity(
  { activities, signal }: Asking,
  view: CommandView,
  asker: Asker | undefined,
  attempt: number,
): Promise<Json> {
  const type = view.kind === 'model' ? MODEL_ACTIVITY : toolActivity(view.name);
  const activity = Object.hasOwn(activities, type) ? activities[type] : undefined;
  if (activity === undefined) throw new Error(`The candidate has no activity "${type}".`);
  const step: StepContext = {
    step: view.step,
    kind: view.kind === 'model' ? 'model' : 'tool',
    ...(view.effect === undefined ? {} : { effect: view.effect }),
  };
  const runId = asker?.draw === undefined ? undefined : `${asker.recording}/${asker.draw}`;
  const call = activity as unknown as (request: Json, step: StepContext) => Promise<unknown>;
  const result = await runAlone({ signal, attempt, runId }, async () => call(view.request, step));
  return jsonOf(result);
}

/** What a worker would have sent to the server: no `undefined`, no class instances. */
function jsonOf(value: unknown): Json {
  const text = JSON.stringify(value) as string | undefined;
  return text === undefined ? null : (JSON.parse(text) as Json);
}

/** What a fleet asks of the real run beside a shadow: read from the server and the registry, decided by `find-answer.ts`. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { type BlockedStep, type ShadowFacts, type ShadowHost, unansweredFailure } from '../fleet/shadow-host.ts';
import type { MissionDefinition } from '../mission/definition.ts';
import type { ShadowRun } from '../registry/shadows.ts';
import { randomnessSeed } from '../replay/lockstep/randomness-seed.ts';
import { formatDuration } from '../shared/duration.ts';
import { findAnswer, type StepAnswer } from './find-answer.ts';
import { readChain } from './read-chain.ts';
import type { ShadowRegistry } from './shadow-registry.ts';
import type { ShadowDefinitions } from './step-sources.ts';

export interface ShadowAnswersOptions {
  readonly client: Client;
  readonly registry: Pick<ShadowRegistry, 'shadows' | 'artifacts'>;
  /** How long a step waits for the real run to come to it, in milliseconds. */
  readonly waitMs: number;
}

/** Within one attempt: a real run is often a moment ahead or behind. */
const LOOKS_MS = [0, 200, 500, 1_000, 2_000];
const RETRY_MS_FIRST = 2_000;
const RETRY_MS_MAX = 60_000;

export function shadowAnswers(options: ShadowAnswersOptions): ShadowHost {
  const definitions = new Map<string, Promise<MissionDefinition>>();
  const definitionOf = (artifact: string): Promise<MissionDefinition> => {
    const known = definitions.get(artifact) ?? readDefinition(options, artifact);
    definitions.set(artifact, known);
    known.catch(() => definitions.delete(artifact));
    return known;
  };
  return {
    async find(workflowId) {
      const run = await options.registry.shadows.find(workflowId);
      return run && factsOf(run, await definitionOf(run.primaryArtifact));
    },
    async answer(step) {
      const run = await options.registry.shadows.find(step.workflowId);
      if (run === undefined) throw unansweredFailure(step.activityId, 'the registry knows of no real run beside it');
      const [candidate, primary] = await Promise.all([definitionOf(run.artifact), definitionOf(run.primaryArtifact)]);
      return answerStep(options, run, { candidate, primary }, step);
    },
  };
}

async function readDefinition({ registry }: ShadowAnswersOptions, artifact: string): Promise<MissionDefinition> {
  return (await registry.artifacts.manifest(artifact)).definition;
}

function factsOf({ primaryWorkflowId, primaryRunId }: ShadowRun, definition: MissionDefinition): ShadowFacts {
  return {
    definition,
    workflowId: primaryWorkflowId,
    runId: primaryRunId,
    seed: randomnessSeed(primaryRunId).toBytes(),
  };
}

async function answerStep(
  { client, waitMs }: ShadowAnswersOptions,
  run: ShadowRun,
  definitions: ShadowDefinitions,
  step: BlockedStep,
): Promise<unknown> {
  for (const waitMsNow of LOOKS_MS) {
    await delay(waitMsNow, undefined, { signal: step.signal });
    const answer = await lookFor(client, run, definitions, step);
    if (answer.kind === 'completed') return answer.result;
    if (answer.kind === 'failed') throw asInPrimary(answer);
    if (answer.kind === 'never') throw unansweredFailure(step.activityId, answer.reason);
  }
  if (Date.now() - step.scheduledAtMs > waitMs) {
    const waited = formatDuration(waitMs);
    throw unansweredFailure(step.activityId, `the real run did not come to it within ${waited}`);
  }
  throw notYet(step);
}

async function lookFor(
  client: Client,
  run: ShadowRun,
  definitions: ShadowDefinitions,
  { workflowId, runId, activityId }: BlockedStep,
): Promise<StepAnswer> {
  const [primary, shadow] = await Promise.all([
    readChain(client, { workflowId: run.primaryWorkflowId, runId: run.primaryRunId }),
    readChain(client, { workflowId, runId }),
  ]);
  if (primary === undefined || shadow === undefined) {
    return { kind: 'never', reason: 'the history of the real run is gone' };
  }
  return findAnswer({ primary, shadow, runId, activityId, definitions });
}

function asInPrimary({ message, type }: Extract<StepAnswer, { kind: 'failed' }>): ApplicationFailure {
  return ApplicationFailure.create({ message, type, nonRetryable: true });
}

/** The worker's slot is free meanwhile. */
function notYet({ attempt }: BlockedStep): ApplicationFailure {
  return ApplicationFailure.create({
    message: 'The real run has not come to this step.',
    type: 'ShadowWaits',
    nextRetryDelay: Math.min(RETRY_MS_FIRST * 2 ** Math.min(attempt - 1, 10), RETRY_MS_MAX),
  });
}

/**
 * Which runs of a mission are recorded when not all are.
 *
 * 1. The share decides by the run's id, so every process and every repetition decides alike, and a larger share keeps all that a
 *    smaller one kept.
 * 2. What the share leaves out may still be kept: a run that did not complete, and one that went a rare way.
 * 3. A way is how the run ended, which steps it took and how its rules went, and the fields of its result that decide: booleans, and texts for which
 *    the output's schema lists the values.
 */
import { createHash } from 'node:crypto';
import type { RecordingPolicy } from '../registry/recording-policy.ts';
import { digestOfJson } from '../shared/digest.ts';
import { isJsonObject, type Json, type JsonObject } from '../shared/json.ts';
import type { Recording } from './recording.ts';
import type { TraceStep } from './trace.ts';

const DOMAIN = 'mission-runtime/sampling/1\n';
const PARTS = 10_000;

/** Whether a share of so many parts per 10,000 takes the run with this id. */
function isInShare(runId: string, rate: number): boolean {
  return (
    createHash('sha256')
      .update(DOMAIN + runId)
      .digest()
      .readUInt32BE() %
      PARTS <
    rate
  );
}

/** @param countWay - how many recordings went the same way; asked only when it matters */
export async function isSampled(
  { runId, end }: Pick<Recording, 'runId' | 'end'>,
  { rate, allFailures, rareBelow }: RecordingPolicy,
  countWay: () => Promise<number>,
): Promise<boolean> {
  if (isInShare(runId, rate)) return true;
  if (allFailures && end.status !== 'completed') return true;
  return rareBelow !== null && (await countWay()) < rareBelow;
}

/** The way that a run went, as a digest. */
export function wayOf({ end, trace }: Pick<Recording, 'end' | 'trace'>, output: JsonObject | undefined): string {
  const steps = new Set(trace.steps.map(wayOfStep));
  const result = end.status === 'completed' ? decidingFields(end.result, output) : [];
  const failure = end.status === 'failed' ? end.failure.type : null;
  return digestOfJson([end.status, failure, [...steps].sort(), result]);
}

/** How often a step was taken does not count; which way a rule went does. */
function wayOfStep({ kind, name, status, result }: TraceStep): string {
  return [kind, name, status, ...(typeof result === 'boolean' ? [result] : [])].join(' ');
}

/** The deciding fields of a result: pointer and value. */
export function decidingFields(result: Json, output: JsonObject | undefined): DecidingField[] {
  return deciding(result, output, '');
}

type DecidingField = readonly [pointer: string, value: boolean | string];

function deciding(value: Json, schema: Json | undefined, at: string): DecidingField[] {
  if (typeof value === 'boolean') return [[at, value]];
  if (typeof value === 'string') return isJsonObject(schema) && Array.isArray(schema['enum']) ? [[at, value]] : [];
  if (!isJsonObject(value)) return [];
  const properties = isJsonObject(schema) ? schema['properties'] : undefined;
  return Object.keys(value)
    .sort()
    .flatMap((name) => {
      const inner = isJsonObject(properties) ? properties[name] : undefined;
      return deciding(value[name] ?? null, inner, `${at}/${name}`);
    });
}

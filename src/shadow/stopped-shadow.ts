/** How a shadow says that it did not come to an end of its own: in its history, so that whoever reads it knows. Pure. */
import * as z from 'zod';
import { SHADOW_UNANSWERED } from '../mission/wire.ts';
import { payloadToJson } from '../recording/payloads.ts';
import type { History } from '../replay/proto.ts';

/** Why a shadow was ended from outside, or ended itself at a step without an answer. */
export interface StoppedShadow {
  readonly kind: 'unanswered' | 'late';
  /** The step that it ended at; empty when it is none. */
  readonly step: string;
  readonly reason: string;
}

const said = z.object({ step: z.string(), reason: z.string() });
const terminated = said.extend({ kind: z.enum(['unanswered', 'late']) });
const PREFIX = 'mission-shadow ';

/** The text that a shadow is terminated with. */
export function terminationReason(stopped: StoppedShadow): string {
  return PREFIX + JSON.stringify(stopped);
}

/** `undefined` when it ended by itself, or somebody else ended it. */
export function endingBy(history: History): StoppedShadow | undefined {
  const last = history.events?.at(-1);
  const { reason } = last?.workflowExecutionTerminatedEventAttributes ?? {};
  if (reason?.startsWith(PREFIX)) return terminated.safeParse(parse(reason.slice(PREFIX.length))).data;
  const failure = last?.workflowExecutionFailedEventAttributes?.failure;
  const { type, details } = failure?.applicationFailureInfo ?? {};
  if (type !== SHADOW_UNANSWERED) return undefined;
  const detail = said.safeParse(payloadToJson(details?.payloads?.[0])).data;
  return { kind: 'unanswered', step: detail?.step ?? '', reason: detail?.reason ?? failure?.message ?? '' };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

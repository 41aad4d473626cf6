/**
 * What a shard found, as text. Equal results give equal bytes: they stand in the order of their ids, and how long each took is
 * left out.
 */
import * as z from 'zod';
import { without } from '../compare/group-counter.ts';
import type { IntendedState } from '../compare/judge-intended.ts';
import type { ExcludedRecording, ReplayResult } from '../compare/outcome.ts';
import type { WalkedStep } from '../recording/walked-way.ts';
import type { JudgedRecording } from '../release/judge-recordings.ts';

/** The contents are those of our own types: plan and results are read by the release that wrote them. */
const intended = z.strictObject({
  states: z.array(z.tuple([z.string(), z.custom<IntendedState>((state) => typeof state === 'string')])),
  asIntended: z.boolean(),
});
const steps = z.custom<readonly WalkedStep[]>((value) => Array.isArray(value));
const judged = z.strictObject({
  kind: z.literal('judged'),
  result: z.custom<Omit<ReplayResult, 'durationMs'>>((value) => typeof value === 'object' && value !== null),
  intended: intended.optional(),
  recorded: steps,
  /** Absent where the recorded way was followed. */
  candidate: steps.optional(),
  did: z.string().optional(),
});
const excluded = z.strictObject({
  kind: z.literal('excluded'),
  excluded: z.custom<ExcludedRecording>((value) => typeof value === 'object' && value !== null),
});
const shardResults = z.array(z.discriminatedUnion('kind', [judged, excluded]));

type Line = z.infer<typeof shardResults>[number];

/** Plain JSON text: what a hostile candidate returns may hold anything that JSON can. */
export function encodeShardResults(found: readonly JudgedRecording[]): string {
  const sorted = [...found].sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
  return JSON.stringify(sorted.map(toLine));
}

export function decodeShardResults(text: string): readonly JudgedRecording[] {
  return shardResults.parse(JSON.parse(text)).map(fromLine);
}

function idOf(one: JudgedRecording): string {
  return (one.kind === 'judged' ? one.result : one.excluded).recording.id;
}

function toLine(one: JudgedRecording): Line {
  if (one.kind === 'excluded') return one;
  const { result, ways } = one;
  return {
    kind: 'judged',
    result: without(result, 'durationMs'),
    ...(one.intended && { intended: { ...one.intended, states: [...one.intended.states] } }),
    recorded: ways.recorded,
    ...(ways.candidate !== ways.recorded && { candidate: ways.candidate }),
    ...(one.did !== undefined && { did: one.did }),
  };
}

function fromLine(line: Line): JudgedRecording {
  if (line.kind === 'excluded') return line;
  const { result, recorded, candidate = recorded } = line;
  return {
    kind: 'judged',
    result: { ...result, durationMs: 0 },
    intended: line.intended && { ...line.intended, states: new Map(line.intended.states) },
    ways: { recorded, candidate, forgiven: result.forgiven },
    ...(line.did !== undefined && { did: line.did }),
  };
}

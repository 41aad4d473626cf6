/** Reading replay policies from files and flags. */
import type * as z from 'zod';
import { type Digest, digestOfJson } from '../shared/digest.ts';
import { MissionError, messageOf } from '../shared/errors.ts';
import { escapePointerToken, isJsonObject, type Json, type JsonObject } from '../shared/json.ts';
import { type ReplayPolicy, replayPolicy } from './policy.ts';

const REMEDY = 'See docs/policy.md for the members of a policy and their ranges.';

/** The policy of someone who said nothing: stop at what is not recorded, allow no changed outcome. */
export const DEFAULT_POLICY: ReplayPolicy = replayPolicy.parse({});

/**
 * Reads a policy from the content of a JSON file, or from its value. Members that are left out have their defaults.
 *
 * @param source the file's name, for messages.
 * @throws MissionError `POLICY_INVALID` naming the place in the file.
 */
export function parsePolicy(content: string | JsonObject, source: string): ReplayPolicy {
  const parsed = replayPolicy.safeParse(typeof content === 'string' ? parseText(content, source) : content);
  if (parsed.success) return parsed.data;
  const places = parsed.error.issues.map((issue) => `${placeOf(issue)}: ${issue.message}`);
  throw new MissionError('POLICY_INVALID', `${source} is not a replay policy. ${places.slice(0, 5).join('. ')}.`, {
    remedy: REMEDY,
    details: { source, problems: places },
  });
}

/** The digest of a policy with all its defaults filled in: what a report is bound to. */
export function policyDigest(policy: ReplayPolicy): Digest {
  return digestOfJson(policy as Json);
}

/**
 * Lays flags over a policy: `model=live` (answers), `changed<=0.01` or `changed<=1%` (allowances),
 * `recordings>=30`, `second-opinion=all`, `reads=price,quote`, `live-calls<=500` (limits). Later flags win.
 *
 * @throws MissionError `POLICY_INVALID` naming the flag.
 */
export function parsePolicyFlags(flags: readonly string[], base: ReplayPolicy = DEFAULT_POLICY): ReplayPolicy {
  return flags.reduce((policy, flag) => parsePolicy(withFlag(policy, flag), `The policy flag "${flag}"`), base);
}

function parseText(text: string, source: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new MissionError('POLICY_INVALID', `${source} is not JSON: ${messageOf(error)}.`, {
      remedy: REMEDY,
      details: { source },
      cause: error,
    });
  }
}

function placeOf(issue: z.core.$ZodIssue): string {
  const pointer = issue.path.map((token) => `/${escapePointerToken(String(token))}`).join('');
  return pointer === '' ? 'At the top' : `At ${pointer}`;
}

const FLAG = /^\s*([a-z-]+)\s*(<=|>=|=)\s*([^\s=<>]+)\s*$/i;

interface FlagPlace {
  readonly sign: string;
  readonly path: readonly [string, string?];
  /** Names, with commas between them. */
  readonly isList?: true;
}

/** Flags by their name: the comparison they take, and where they stand in a policy. */
const FLAG_PLACES: ReadonlyMap<string, FlagPlace> = new Map<string, FlagPlace>([
  ...place('=', 'answers', {
    model: 'model',
    read: 'read',
    write: 'write',
    decision: 'decision',
    activity: 'activity',
    patches: 'patches',
  }),
  ...place('<=', 'allow', {
    changed: 'changed',
    diverged: 'diverged',
    unanswered: 'unanswered',
    failed: 'failed',
    excluded: 'excluded',
  }),
  ...place('<=', 'limits', {
    'per-recording-ms': 'perRecordingMs',
    steps: 'maxSteps',
    'memory-mb': 'memoryMb',
    'recordings-per-context': 'recordingsPerContext',
    'live-calls': 'liveCalls',
    'live-concurrency': 'liveConcurrency',
    'live-tokens': 'liveTokens',
    'live-cost': 'liveCost',
  }),
  ['noise', { sign: '=', path: ['noise', 'samples'] }],
  ['reads', { sign: '=', path: ['reads'], isList: true }],
  ['recordings', { sign: '>=', path: ['minimumRecordings'] }],
  ['second-opinion', { sign: '=', path: ['secondOpinion'] }],
  ['coverage', { sign: '=', path: ['coverage'] }],
  ['causes', { sign: '=', path: ['causes'] }],
  ['unused-intended', { sign: '=', path: ['unusedIntended'] }],
]);

function place(sign: string, part: string, names: Readonly<Record<string, string>>): [string, FlagPlace][] {
  return Object.entries(names).map(([flag, name]) => [flag, { sign, path: [part, name] }]);
}

function withFlag(policy: ReplayPolicy, flag: string): JsonObject {
  const [, name = '', sign = '', text = ''] = FLAG.exec(flag) ?? [];
  const known = FLAG_PLACES.get(name);
  if (known === undefined || known.sign !== sign) {
    const forms = [...FLAG_PLACES].map(([key, { sign: wanted }]) => `${key}${wanted}…`);
    throw new MissionError('POLICY_INVALID', `"${flag}" is not a policy flag.`, {
      remedy: `The flags are ${forms.join(', ')}. ${REMEDY}`,
      details: { flag },
    });
  }
  const [part, member] = known.path;
  const whole = policy as unknown as JsonObject;
  if (member === undefined) return { ...whole, [part]: known.isList ? text.split(',') : flagValue(text) };
  const inner = whole[part];
  return { ...whole, [part]: { ...(isJsonObject(inner) ? inner : {}), [member]: flagValue(text) } };
}

/** A number, a percentage as a share, or a word. */
function flagValue(text: string): Json {
  const percentage = /^(\d+(?:\.\d+)?)%$/.exec(text);
  if (percentage !== null) return Number((Number(percentage[1]) / 100).toPrecision(12));
  return /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : text;
}

/**
 * Redaction changes no verdict. The same real runs are kept twice, as they were and redacted, and candidates that match, change and
 * take other steps are tried on both: outcomes, differences, causes and verdicts are the same. So it is for the regression cases
 * of this repository, as they are checked in, with people's data put back, and redacted anew under another key.
 */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Artifact } from '../../src/artifact/artifact.ts';
import { buildArtifact } from '../../src/artifact/build-artifact.ts';
import type { Difference } from '../../src/compare/difference.ts';
import type { ReplayResult } from '../../src/compare/outcome.ts';
import type { Report } from '../../src/compare/report.ts';
import { parsePolicyFlags } from '../../src/gate/parse-policy.ts';
import { buildRecording, toStoredRecording } from '../../src/recording/build-recording.ts';
import { decodeHistory } from '../../src/recording/decode-history.ts';
import { encodeHistory } from '../../src/recording/encode-history.ts';
import { type Fixture, readFixtures } from '../../src/recording/fixtures.ts';
import type { History } from '../../src/recording/recording.ts';
import { redactHistories } from '../../src/recording/redact-history.ts';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import { tryCandidate } from '../../src/release/try-candidate.ts';
import { tryCases } from '../../src/release/try-cases.ts';
import type { Json } from '../../src/shared/json.ts';
import { connectTemporal } from '../../src/temporal/connection.ts';
import { generateRequests } from '../../workflows/refund-eligibility/requests.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { buildMission, quietRuntime, runAll } from './support/run-mission.ts';

const MISSION = 'refund-eligibility';
const RUNS = 24;
const TIMEOUT_MS = 300_000;
const key = Buffer.alloc(32, 7);
const live = parsePolicyFlags(['model=live', 'write=simulator', 'second-opinion=0']);
const recorded = parsePolicyFlags(['model=recorded', 'write=simulator', 'second-opinion=0']);
const strict = parsePolicyFlags(['second-opinion=0']);

/** Names that are hard to replace: quotes, other scripts, one inside the other. */
const PEOPLE = ['Ada Lovelace', 'Zoë "Zo" O’Brien-Łuk', 'Ada', '山田 太郎', "D'Arcy & Söhne <shop>"];

/** Requests of people who also tell their names and addresses where nobody declared them. */
const requests = generateRequests(1, RUNS).map((request, index) => {
  const customerName = PEOPLE[index % PEOPLE.length] ?? '';
  const customerEmail = `customer.${index % 7}@shop.example`;
  return {
    ...request,
    customerName,
    customerEmail,
    message: `${request.message} Yours, ${customerName.toUpperCase()} (${encodeURIComponent(customerEmail)})`,
  };
});

/** What is compared, by the name of the version. */
const CANDIDATES = ['refactored', 'another promotion', 'promotion and window', 'another letter'] as const;
const LETTER = 'another letter';

let postgres: TestPostgres;
let folder: string;
/** Version 1 ran; the others are the candidates, in their order. */
const artifacts: Artifact[] = [];
const registries: { readonly plain: Registry; readonly redacted: Registry } = {} as never;
let redactedText = '';

/** The reference mission with the files of a variant, and with one line replaced in others. */
async function edited(variant: string | undefined, edits: Readonly<Record<string, readonly [string, string]>>) {
  const root = await mkdtemp(join(folder, 'source-'));
  for (const part of ['workflows', 'activities']) await cp(part, join(root, part), { recursive: true });
  const home = join(root, 'workflows', MISSION);
  if (variant !== undefined) await cp(join(home, 'variants', variant), home, { recursive: true });
  for (const [file, [from, to]] of Object.entries(edits)) {
    const text = await readFile(join(home, file), 'utf8');
    expect(text).toContain(from);
    await writeFile(join(home, file), text.replace(from, to));
  }
  return buildArtifact({ root, mission: MISSION });
}

/** Real runs of the version, as their histories. */
async function historiesOf(artifact: Artifact): Promise<History[]> {
  const ids: string[] = [];
  await runAll(artifact, requests, async (workflowId) => {
    ids.push(workflowId);
  });
  const temporal = await connectTemporal({ address: inject('temporalAddress'), env: {} });
  try {
    return await Promise.all(ids.map((id) => temporal.client.workflow.getHandle(id).fetchHistory()));
  } finally {
    await temporal.close();
  }
}

async function registryWith(recorded: readonly History[], redacted: boolean): Promise<Registry> {
  const registry = await openRegistry({ databaseUrl: await postgres.createDatabase(), actor: 'ada' });
  for (const [index, artifact] of artifacts.entries()) {
    await registry.artifacts.put(artifact);
    const version = {
      mission: MISSION,
      artifact: artifact.digest,
      kind: 'publish',
      author: 'ada',
      message: String(index),
    };
    await registry.versions.append({ ...version, kind: 'publish', commit: null, environment: {} });
  }
  const maker = { mission: MISSION, version: 1, artifact: artifacts[0]?.digest ?? '' };
  const recordings = recorded.map((history) => buildRecording([history], { redacted, maker }));
  await registry.recordings.putAll(recordings.map(toStoredRecording));
  return registry;
}

beforeAll(async () => {
  quietRuntime();
  folder = await mkdtemp(join(tmpdir(), 'mission-test-redaction-'));
  postgres = await startPostgres();
  artifacts.push(
    await buildMission(MISSION),
    await buildMission(MISSION, 'v4'),
    await buildMission(MISSION, 'v3'),
    await edited('v3', { 'mission.ts': ['windowDays: 30', 'windowDays: 45'] }),
    await edited(undefined, { 'prompts/letter.ts': ['a short, polite letter', 'a brief and kind letter'] }),
  );
  const [ran] = artifacts;
  if (ran === undefined) throw new Error('nothing was built');
  const plain = await historiesOf(ran);
  const redacted = plain.flatMap((history) => redactHistories([history], { schemas: ran.definition, key }));
  redactedText = redacted.map((history) => textOf(history)).join('\n');
  Object.assign(registries, {
    plain: await registryWith(plain, false),
    redacted: await registryWith(redacted, true),
  });
  expect(plain.map((history) => textOf(history)).join('\n')).toContain('customer.3@shop.example');
}, TIMEOUT_MS);

afterAll(async () => {
  await registries.plain?.close();
  await registries.redacted?.close();
  await postgres?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** The text of all payloads of a history. */
function textOf(history: History): string {
  return (
    JSON.stringify(JSON.parse(encodeHistory(history)), (name, value: unknown) =>
      name === 'data' && typeof value === 'string' ? Buffer.from(value, 'base64').toString('utf8') : value,
    ) ?? ''
  ).replaceAll('\\', '');
}

/** Where values differ and how, without the values: those of people are others. */
const placesOf = (differences: readonly Difference[]) => differences.map(({ pointer, kind }) => `${kind} ${pointer}`);

function essence(result: ReplayResult) {
  const { divergence, unanswered, failure } = result;
  return {
    id: result.recording.id,
    outcome: result.outcome,
    ends: [result.baselineEnd.status, result.candidateEnd?.status],
    endDifferences: placesOf(result.endDifferences),
    effects: result.candidateEffects.map(({ step, tool }) => `${step} ${tool}`),
    effectDifferences: placesOf(result.effectDifferences),
    divergence: divergence && { step: divergence.step, kind: divergence.kind },
    unanswered: unanswered && { step: unanswered.step, kind: unanswered.kind },
    failure: failure?.step,
    determinism: result.determinism.deterministic,
    evidence: result.evidence,
  };
}

const countsOf = (groups: readonly { readonly count: number }[]) => groups.map(({ count }) => count);

async function tried(registry: Registry, number: number, policy: typeof live) {
  const results: ReplayResult[] = [];
  const report: Report = await tryCandidate({
    registry,
    candidate: { mission: MISSION, number },
    baseline: { mission: MISSION, number: 1 },
    policy,
    workers: 1,
    onResult: (result) => results.push(result),
  });
  const { verdict, counts, flips, effects, divergences, unanswered, attribution, excluded } = report;
  return {
    verdict,
    counts,
    excluded,
    flips: flips.filter(({ from }) => typeof from === 'boolean'),
    effects: effects.map(({ tool, kind, pointers, count }) => ({ tool, kind, pointers, count })),
    divergences: divergences.map(({ step, kind, count }) => ({ step, kind, count })),
    unanswered: countsOf(unanswered),
    causes: attribution?.groups.map(({ causes, count }) => ({ causes, count })),
    results: results.map(essence).sort((a, b) => (a.id < b.id ? -1 : 1)),
  };
}

describe('the same runs, as they were and redacted', () => {
  it('differ in nothing but the data of people, wherever it stands', () => {
    for (const { customerEmail } of requests) expect(redactedText).not.toContain(customerEmail);
    for (const { customerEmail } of requests) expect(redactedText).not.toContain(encodeURIComponent(customerEmail));
    expect(redactedText).not.toMatch(/lovelace|łuk|山田|söhne/iu);
    expect(redactedText).toContain('redacted.invalid');
  });

  it.each(CANDIDATES.map((name, index) => [name, index + 2] as const))(
    'get the same verdicts, outcomes, differences and causes from: %s',
    async (name, number) => {
      const policy = name === LETTER ? recorded : live;
      const [plain, redacted] = [
        await tried(registries.plain, number, policy),
        await tried(registries.redacted, number, policy),
      ];
      expect(redacted).toEqual(plain);
      expect(plain.counts.faithful).toBe(RUNS);
      const { outcomes } = plain.counts;
      if (name === 'refactored') expect(outcomes.matched).toBe(RUNS);
      else if (name === LETTER) expect(outcomes.diverged).toBeGreaterThan(0);
      else expect(outcomes.changed).toBeGreaterThan(0);
      if (name === 'another promotion') expect(outcomes.diverged).toBeGreaterThan(0);
      if (name === 'promotion and window') expect(plain.causes?.length).toBeGreaterThan(0);
    },
    TIMEOUT_MS,
  );

  it(
    'are left unanswered alike where nothing may be asked',
    async () => {
      const [plain, redacted] = [await tried(registries.plain, 3, strict), await tried(registries.redacted, 3, strict)];
      expect(redacted).toEqual(plain);
      expect(plain.counts.outcomes.unanswered).toBeGreaterThan(0);
    },
    TIMEOUT_MS,
  );
});

describe('a text that is declared personal as a whole, and that a model writes anew', () => {
  it(
    'cannot be compared with its replacement and counts as changed: redaction raises an alarm, and never hides a change',
    async () => {
      const number = CANDIDATES.indexOf(LETTER) + 2;
      const [plain, redacted] = [
        await tried(registries.plain, number, live),
        await tried(registries.redacted, number, live),
      ];
      const rewritten = redacted.results.filter(({ effectDifferences }) => effectDifferences.length > 0);
      expect(rewritten.length).toBeGreaterThan(0);
      for (const result of rewritten) {
        expect(result).toMatchObject({ outcome: 'changed', effectDifferences: ['changed /0/request/text'] });
      }
      const rest = (results: typeof plain.results) =>
        results.map((one) => ({ ...one, outcome: '', effectDifferences: [], evidence: {} }));
      expect(rest(redacted.results)).toEqual(rest(plain.results));
      for (const [index, { outcome }] of plain.results.entries()) {
        if (outcome === 'changed') expect(redacted.results[index]?.outcome).toBe('changed');
      }
    },
    TIMEOUT_MS,
  );
});

/** Puts people back into a redacted history or value: every replacement becomes one person's data, always the same. */
function withPeople(): (json: Json) => Json {
  const people = new Map<string, string>();
  const personOf = (replacement: string) => {
    const known = people.get(replacement);
    if (known !== undefined) return known;
    const number = people.size;
    const made = replacement.includes('@')
      ? `person.${number}@shop.example`
      : `${PEOPLE[number % PEOPLE.length]} ${number}`;
    people.set(replacement, made);
    return made;
  };
  const inText = (text: string) =>
    text.replaceAll(/‹(?:personal|secret):[0-9a-f]{12}›|person-[0-9a-f]{12}@redacted\.invalid/gu, personOf);
  // Inside of JSON inside of a payload, quotes of a name have to be escaped.
  const inPayload = (data: string) => {
    const text = Buffer.from(data, 'base64').toString('utf8');
    const made =
      text.startsWith('{') || text.startsWith('"') || text.startsWith('[')
        ? JSON.stringify(walk(JSON.parse(text) as Json))
        : inText(text);
    return Buffer.from(made).toString('base64');
  };
  const walk = (value: Json): Json => {
    if (typeof value === 'string') return inText(value);
    if (Array.isArray(value)) return value.map((item: Json) => walk(item));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, item]: [string, Json]) => [
        name,
        name === 'data' && typeof item === 'string' ? inPayload(item) : walk(item),
      ]),
    );
  };
  return walk;
}

describe('the regression cases of this repository', () => {
  /** The case of a history that is another one by now. */
  function twin(
    { recording, case: kept, directory }: Fixture,
    given: readonly History[],
    change: (json: Json) => Json,
  ): Fixture {
    const { workflowId, mission, version, artifact } = recording;
    const maker = { ...(mission && { mission }), ...(version && { version }), ...(artifact && { artifact }) };
    const again = buildRecording(given, { workflowId, maker, redacted: kept.redacted });
    return {
      recording: again,
      case: { ...kept, expected: change(kept.expected as Json) as never, digest: again.digest },
      directory,
    };
  }

  it.each(['v1', 'v2', 'v3', 'v4', 'v5'])(
    'come out the same under %s: as checked in, with people in them, and redacted under another key',
    async (variant) => {
      const candidate = variant === 'v2' ? artifacts[0] : await buildMission(MISSION, variant);
      if (candidate === undefined) throw new Error('nothing was built');
      const checkedIn: Fixture[] = [];
      for await (const fixture of readFixtures([join('replay-fixtures', MISSION)])) checkedIn.push(fixture);
      const peopled = checkedIn.map((fixture) => {
        const put = withPeople();
        const given = fixture.recording.histories.map((history) =>
          decodeHistory(Buffer.from(JSON.stringify(put(JSON.parse(encodeHistory(history)) as Json))), 'peopled'),
        );
        return twin(fixture, given, put);
      });
      expect(peopled.map(({ recording }) => textOf(recording.histories[0] ?? {})).join()).toContain('person.');
      const again = peopled.map((fixture) =>
        twin(
          fixture,
          redactHistories(fixture.recording.histories, { schemas: candidate.definition, key: Buffer.alloc(32, 9) }),
          (expected) => expected,
        ),
      );
      expect(again.map(({ recording }) => textOf(recording.histories[0] ?? {})).join()).not.toContain('@shop.example');
      const essences = [];
      for (const fixtures of [checkedIn, peopled, again]) {
        const { cases, report } = await tryCases({ name: variant, candidate, fixtures, policy: live, workers: 1 });
        essences.push({
          verdict: report.verdict,
          outcomes: report.counts.outcomes,
          cases: cases.map(({ directory, verdict }) => ({ directory, verdict })),
          effects: report.effects.map(({ tool, kind, count }) => ({ tool, kind, count })),
          divergences: report.divergences.map(({ step, kind, count }) => ({ step, kind, count })),
        });
      }
      expect(essences[1]).toEqual(essences[0]);
      expect(essences[2]).toEqual(essences[0]);
      if (variant === 'v2' || variant === 'v4') expect(essences[0]?.verdict.verdict).toBe('passed');
    },
    TIMEOUT_MS,
  );
});

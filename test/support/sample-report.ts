/** A report as a real replay would make it: a reworded prompt that denies a class of legitimate refunds. */

import { classifyOutcome } from '../../src/compare/classify-outcome.ts';
import { compareEffects } from '../../src/compare/compare-effects.ts';
import { compareEnds } from '../../src/compare/compare-ends.ts';
import { diffJson } from '../../src/compare/diff-json.ts';
import type { Divergence, Effect, ExcludedRecording, ReplayedStep, ReplayResult } from '../../src/compare/outcome.ts';
import type { Report } from '../../src/compare/report.ts';
import { buildReport, type ReportEnding, type ReportSubject } from '../../src/compare/report-builder.ts';
import { evaluateGate } from '../../src/gate/evaluate-gate.ts';
import { parsePolicyFlags, policyDigest } from '../../src/gate/parse-policy.ts';
import type { ReplayPolicy } from '../../src/gate/policy.ts';
import type { RunEnd, Trace } from '../../src/recording/trace.ts';
import type { RecordingSummary } from '../../src/registry/recording-summary.ts';
import { type Digest, digestOf } from '../../src/shared/digest.ts';
import type { Json, JsonObject } from '../../src/shared/json.ts';

const ASSESS_2 = `You assess refund requests for a web shop.
Approve a refund when the item was delivered within the window and is unused or damaged on arrival.
A customer with more than two refunds in a year needs a clear defect.
Answer with approve and a short reason.`;

const ASSESS_3 = `You assess refund requests for a web shop.
Approve a refund when the item was delivered within the window and is unused.
During the spring promotion, items bought at a discount are final sale.
A customer with more than two refunds in a year needs a clear defect.
Answer with approve and a short reason.`;

const MATCHED = 58;
const FLIPPED = 34;
const UNANSWERED = 3;
const FAILED = 1;
/** Faithful recordings. */
const FAITHFUL = 214;

const samplePolicy: ReplayPolicy = parsePolicyFlags(['model=live', 'read=recorded']);

export const sampleSubject: ReportSubject = {
  mission: 'refund-eligibility',
  baseline: { name: 'refund-eligibility@2', artifact: digestOf('refund-eligibility@2') },
  candidate: { name: 'refund-eligibility@3', artifact: digestOf('refund-eligibility@3') },
  policy: { digest: policyDigest(samplePolicy), value: samplePolicy as Json },
  changes: [
    {
      component: 'prompt',
      name: 'assess',
      change: 'changed',
      baseline: { text: ASSESS_2, model: 'judge' },
      candidate: { text: ASSESS_3, model: 'judge' },
    },
    {
      component: 'model',
      name: 'judge',
      change: 'changed',
      baseline: { model: 'local/clerk', temperature: 0 },
      candidate: { model: 'local/clerk', temperature: 0, maxOutputTokens: 300 },
    },
    { component: 'rule', name: 'promotionEnds', change: 'added', candidate: '2026-04-30' },
    {
      component: 'code',
      name: 'workflows/refund-eligibility/workflow.ts',
      change: 'changed',
      baseline: 'a',
      candidate: 'b',
    },
  ],
};

export const sampleEnding: ReportEnding = {
  createdAt: '2026-03-02T09:30:00.000Z',
  cohort: {
    digest: digestOf('cohort'),
    recordings: FAITHFUL + 3,
    selection: 'ended between 2026-02-01 and 2026-03-01',
  },
  judge: (facts) => evaluateGate(facts, samplePolicy),
};

export function recordingSummary(number: number): RecordingSummary {
  const workflowId = `refund-${1000 + number}`;
  const runId = digestOf(workflowId)
    .slice(7)
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*/, '$1-$2-$3-$4-$5');
  return {
    id: `${workflowId}/${runId}`,
    workflowId,
    runId,
    workflowType: 'refund-eligibility',
    mission: 'refund-eligibility',
    version: 2,
    artifact: sampleSubject.baseline.artifact,
    startedAt: '2026-02-11T08:00:00.000Z',
    endedAt: '2026-02-11T08:00:07.000Z',
    links: 1,
    events: 43,
    digest: digestOf(`history ${workflowId}`),
    redacted: true,
  };
}

function assessRequest(number: number, text: string): JsonObject {
  const facts = `Order ${7000 + number}, ${40 + (number % 60)} EUR, delivered ${number % 28} days ago.`;
  return {
    prompt: 'assess',
    model: 'local/clerk',
    parameters: text === ASSESS_2 ? { temperature: 0 } : { temperature: 0, maxOutputTokens: 300 },
    messages: [{ role: 'user', content: `${text}\n\n${facts}` }],
  };
}

function endOf(number: number, approve: boolean): RunEnd {
  const reason = approve ? 'In time and unused.' : 'Bought at a discount: final sale.';
  return { status: 'completed', result: { approve, amount: approve ? 40 + (number % 60) : 0, reason } };
}

function effectsOf(number: number, approve: boolean): Effect[] {
  const order = `O-${7000 + number}`;
  return approve
    ? [{ step: 'issueRefund#1', tool: 'issueRefund', request: { order, amount: 40 + (number % 60) } }]
    : [{ step: 'sendLetter#1', tool: 'sendLetter', request: { order, letter: 'denied' } }];
}

function divergenceOf(number: number): Divergence {
  const [baseline, candidate] = [assessRequest(number, ASSESS_2), assessRequest(number, ASSESS_3)];
  const command = { step: 'assess#1', kind: 'model' as const, name: 'assess' };
  return {
    kind: 'request',
    step: 'assess#1',
    index: 4,
    baseline: { ...command, request: baseline },
    candidate: { ...command, request: candidate },
    differences: diffJson(baseline, candidate),
  };
}

function stepsOf(number: number, approve: boolean): ReplayedStep[] {
  const order = { id: `O-${7000 + number}` };
  const write = effectsOf(number, approve)[0] as Effect;
  const step = (
    id: string,
    kind: ReplayedStep['kind'],
    request: Json,
    result: Json,
    evidence: ReplayedStep['evidence'],
  ): ReplayedStep => ({
    id,
    kind,
    name: id.replace(/#.*/, ''),
    status: 'completed',
    request,
    result,
    evidence,
  });
  return [
    step('classify#1', 'model', { prompt: 'classify' }, { object: { category: 'unwanted' } }, 'exact'),
    step('getOrder#1', 'tool', order, { ...order, total: 40 + (number % 60) }, 'exact'),
    step('in-window#1', 'rule', { days: number % 28 }, true, 'exact'),
    step('assess#1', 'model', assessRequest(number, ASSESS_3), { object: { approve } }, 'live'),
    step(write.step, 'tool', write.request, { receipt: 'simulated' }, 'simulated'),
  ];
}

/** The recorded steps of one run, as the side-by-side trace takes them. */
export function sampleTrace(number: number): Trace {
  const write = effectsOf(number, true)[0] as Effect;
  const steps = stepsOf(number, true)
    .slice(0, 3)
    .map((step) => [step.id, step.kind, step.request, step.result] as const);
  const rest = [
    ['assess#1', 'model', assessRequest(number, ASSESS_2), { object: { approve: true } }],
    [write.step, 'tool', write.request, { receipt: 'R-1' }],
  ] as const;
  return {
    steps: [...steps, ...rest].map(([id, kind, request, result], index) => ({
      id,
      kind: kind as 'model',
      name: id.replace(/#.*/, ''),
      status: 'completed',
      request: request as Json,
      result: result as Json,
      atMs: index * 900,
      durationMs: 700,
      eventId: 5 + index * 6,
      link: 0,
    })),
  };
}

/** Number 0 to 213: first the matched, then the flipped, the unanswered, the failed; the others only diverged. */
export function sampleResult(number: number): ReplayResult {
  const kind = kindOf(number);
  const before = kind === 'flipped' || number % 3 !== 0;
  const after = kind !== 'flipped' && before;
  const stopped = STOPS[kind];
  const baselineEnd = endOf(number, before);
  const candidateEnd = stopped === undefined ? endOf(number, after) : null;
  const baselineEffects = effectsOf(number, before);
  const candidateEffects = stopped === undefined ? effectsOf(number, after) : [];
  const found = {
    endDifferences: candidateEnd === null ? [] : compareEnds(baselineEnd, candidateEnd),
    effectDifferences: stopped === undefined ? compareEffects(baselineEffects, candidateEffects) : [],
    divergence: kind === 'matched' ? null : divergenceOf(number),
  };
  const steps = stepsOf(number, after).slice(0, stopped === undefined ? 5 : 4);
  return {
    recording: recordingSummary(number),
    outcome: classifyOutcome({ ...found, unanswered: stopped?.unanswered, failure: stopped?.failure }),
    baselineEnd,
    candidateEnd,
    ...found,
    baselineEffects,
    candidateEffects,
    steps: kind === 'matched' ? [] : steps,
    ...stopped,
    determinism: { deterministic: true },
    ...(number % 10 === 0 && { official: { deterministic: true } }),
    evidence: EVIDENCE[kind],
    durationMs: 2 + (number % 5),
  };
}

type Kind = 'matched' | 'flipped' | 'unanswered' | 'failed' | 'diverged';

const STOPS: Partial<Record<Kind, Pick<ReplayResult, 'unanswered' | 'failure'>>> = {
  unanswered: {
    unanswered: {
      step: 'getHistory#1',
      kind: 'tool',
      reason: 'The recorded run never asked for the customer’s history.',
      remedy: 'Allow live reads (read=live), if the tool may be asked again.',
    },
  },
  failed: { failure: { message: "Cannot read properties of undefined (reading 'discount')", step: 'assess#1' } },
};

const EVIDENCE: Record<Kind, ReplayResult['evidence']> = {
  matched: { exact: 5 },
  flipped: { exact: 3, live: 1, simulated: 1 },
  diverged: { exact: 3, live: 1, simulated: 1 },
  unanswered: { exact: 3, live: 1, none: 1 },
  failed: { exact: 3, live: 1 },
};

function kindOf(number: number): Kind {
  if (number < MATCHED) return 'matched';
  if (number < MATCHED + FLIPPED) return 'flipped';
  if (number < MATCHED + FLIPPED + UNANSWERED) return 'unanswered';
  return number < MATCHED + FLIPPED + UNANSWERED + FAILED ? 'failed' : 'diverged';
}

export const sampleExcluded: ExcludedRecording[] = [
  {
    recording: recordingSummary(301),
    reason: 'unfaithful',
    detail: 'the baseline asks for tool:getOrder where the recording has a timer',
  },
  {
    recording: recordingSummary(302),
    reason: 'unfaithful',
    detail: 'the baseline asks for tool:getOrder where the recording has a timer',
  },
  { recording: recordingSummary(303), reason: 'still-open', detail: 'the run had not ended' },
];

export function sampleResults(): ReplayResult[] {
  return Array.from({ length: FAITHFUL }, (_, number) => sampleResult(number));
}

/** refund-eligibility@3 against 214 recordings of @2: 34 flips, and the prompt `assess` is what changed. */
export function sampleReport(): Report {
  return buildReport(sampleSubject, sampleResults(), sampleExcluded, sampleEnding);
}

/** The harmless refactor of the same mission: everything matches. */
export function samplePassedReport(): Report {
  const candidate = { name: 'refund-eligibility@4', artifact: digestOf('refund-eligibility@4') as Digest };
  const code = sampleSubject.changes.filter((change) => change.component === 'code');
  const results = sampleResults().map(
    (_, number): ReplayResult => ({
      ...sampleResult(number % MATCHED),
      recording: recordingSummary(number),
    }),
  );
  const ending = { ...sampleEnding, cohort: { ...sampleEnding.cohort, recordings: FAITHFUL } };
  return buildReport({ ...sampleSubject, candidate, changes: code }, results, [], ending);
}

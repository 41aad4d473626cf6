/** Moments, states and differences of the debugger, made to be read. */
import { describeDifference, describeValue, printable } from '../../compare/describe.ts';
import type { Asked, LiveState, Moment, Told } from '../../debug/moment.ts';
import { nameInLink } from '../../debug/place.ts';
import type { DebugSession, SessionDifference } from '../../debug/session.ts';
import { DECIDE_UPDATE, isKitMemo } from '../../mission/wire.ts';
import type { RunEnd } from '../../recording/trace.ts';
import { formatDuration } from '../../shared/duration.ts';
import { isJsonObject, type Json } from '../../shared/json.ts';
import type { Output } from '../output.ts';

const LINES_MAX = 24;

/** Where the debugger stands: what was told, noted and asked, and what comes of it. */
export function momentText(session: DebugSession, output: Output): string {
  const { palette } = output;
  const { moment, moments } = session;
  const events = moment.events === null ? 'simulated' : `events ${moment.events.first}–${moment.events.last}`;
  const title = `moment ${moment.index} of ${moments.length - 1}`;
  const aside = `${events}, ${moment.time}, +${formatDuration(moment.atMs)}${moment.link > 0 ? `, link ${moment.link + 1}` : ''}`;
  return [
    `${palette.bold(title)}  ${palette.dim(aside)}`,
    ...moment.told.flatMap((told) => toldLines(told, session, output)),
    ...moment.noted.flatMap(({ kind, step, input, result }) => [
      `  ${palette.cyan('·')} ${kind} ${palette.bold(step)} ${input === undefined ? '' : `${valueText(input, output)} `}→ ${valueText(result, output)}`,
    ]),
    ...moment.asked.filter(({ kind }) => kind !== 'end').flatMap((asked) => askedLines(asked, session, output)),
    ...(moment.failure === undefined ? [] : [`  ${palette.red('✗ the code threw')} ${printable(moment.failure)}`]),
    ...(moment.end === null ? [] : [`  ${palette.bold('■')} ${endText(moment.end, output)}`]),
    ...(moment.pending.length === 0 ? [] : [palette.dim(`  waits for ${moment.pending.join(', ')}`)]),
  ].join('\n');
}

function toldLines(told: Told, session: DebugSession, output: Output): string[] {
  const { palette } = output;
  const mark = palette.green('←');
  switch (told.kind) {
    case 'start':
      return [`  ${mark} starts ${palette.bold(told.workflowType)}`, ...block(told.input, output)];
    case 'answer': {
      const said = told.failure === undefined ? answerOf(told.result) : told.failure;
      return [
        `  ${mark} ${palette.bold(told.step)} ${told.status}${editedMark(told.step, session, output)}`,
        ...block(said, output),
        ...reasons(told, output),
      ];
    }
    case 'signal':
      return [`  ${mark} signal ${palette.bold(told.name)}`, ...block(told.input, output)];
    case 'update':
      return [
        `  ${mark} update ${palette.bold(told.name)}${editedMark(decidedStep(told, session.moment.link), session, output)}`,
        ...block(told.input, output),
      ];
    case 'timer':
      return [`  ${mark} ${palette.bold(told.step)} fired`];
    case 'cancel':
      return [`  ${mark} cancellation: ${told.reason}`];
    case 'patch':
      return [`  ${mark} patch ${told.name} is in the history`];
    default:
      return [`  ${mark} ${told.name}`];
  }
}

function editedMark(step: string | undefined, { edits }: DebugSession, { palette }: Output): string {
  return edits.some(({ target, link }) => nameInLink(target, link) === step) ? palette.yellow(' (edited)') : '';
}

/** The question that an update answers. */
function decidedStep({ name, input }: Extract<Told, { kind: 'update' }>, link: number): string | undefined {
  const step = name === DECIDE_UPDATE && isJsonObject(input) ? input['step'] : undefined;
  return typeof step === 'string' ? nameInLink(step, link) : undefined;
}

function reasons({ result }: Extract<Told, { kind: 'answer' }>, output: Output): string[] {
  if (!isJsonObject(result)) return [];
  const { reasoning, usage } = result;
  const tokens = isJsonObject(usage) ? usage : {};
  return [
    ...(typeof reasoning === 'string' ? [output.palette.dim(`      because ${printable(reasoning)}`)] : []),
    ...(typeof tokens['inputTokens'] === 'number'
      ? [output.palette.dim(`      ${tokens['inputTokens']} → ${Number(tokens['outputTokens'] ?? 0)} tokens`)]
      : []),
  ];
}

function askedLines(asked: Asked, session: DebugSession, output: Output): string[] {
  const { palette } = output;
  const { told } = session.step(asked.step);
  const answer =
    told?.kind === 'answer'
      ? palette.dim(`      will be answered ${valueText(answerOf(told.result), output)}`)
      : undefined;
  const write = asked.effect === 'write' ? palette.yellow(' writes') : '';
  return [
    `  ${palette.cyan('→')} ${asked.kind} ${palette.bold(asked.step)}${write}`,
    ...block(asked.kind === 'model' ? saidTo(asked.request) : asked.request, output),
    ...(answer === undefined ? [] : [answer]),
  ];
}

/** Of a model's request, what it was told last; of its answer, what it said. */
function saidTo(request: Json): Json {
  const messages = isJsonObject(request) ? request['messages'] : undefined;
  const last = Array.isArray(messages) ? messages.at(-1) : undefined;
  return isJsonObject(last) && typeof last['content'] === 'string' ? last['content'] : request;
}

function answerOf(result: Json): Json {
  if (!isJsonObject(result) || !('finishReason' in result)) return result;
  return result['object'] ?? result['toolCalls'] ?? result['text'] ?? null;
}

function block(value: Json, output: Output): string[] {
  if (value === null) return [];
  const text = typeof value === 'string' ? value : shortJson(value, output.width - 8);
  const lines = text.split('\n').map((line) => `      ${printable(line)}`);
  if (lines.length <= LINES_MAX) return lines;
  return [
    ...lines.slice(0, LINES_MAX),
    output.palette.dim(`      … ${lines.length - LINES_MAX} more lines: --json has them`),
  ];
}

function shortJson(value: Json, width: number): string {
  const line = JSON.stringify(value);
  return line.length <= width ? line : JSON.stringify(value, null, 2);
}

function valueText(value: Json, _output: Output): string {
  return describeValue(value);
}

function endText(end: RunEnd | null, { palette }: Output): string {
  if (end === null) return palette.yellow('comes to no end');
  if (end.status === 'completed') return `${palette.green('completed')} ${JSON.stringify(end.result)}`;
  if (end.status === 'failed') return `${palette.red('failed')} ${end.failure.type}: ${printable(end.failure.message)}`;
  return palette.yellow(end.status);
}

/** All moments, a line each, with a mark where the debugger stands. */
export function listText({ moments, moment }: DebugSession, { palette }: Output): string {
  return moments
    .map((one) => {
      const here = one.index === moment.index ? palette.bold('▸') : ' ';
      const told = one.told.map((news) => ('step' in news ? news.step : 'name' in news ? news.name : news.kind));
      const asked = [...one.noted.map(({ step }) => step), ...one.asked.map(({ step }) => step)];
      const way = one.way === 'simulated' ? palette.yellow('~') : ' ';
      return `${here}${String(one.index).padStart(4)} ${way} ${told.join(', ') || '—'} ${palette.dim('→')} ${asked.join(', ') || palette.dim('waits')}`;
    })
    .join('\n');
}

export function stateText(state: LiveState, { memo, searchAttributes, pending }: Moment, output: Output): string {
  const { palette } = output;
  const own = Object.fromEntries(Object.entries(memo).filter(([key]) => !isKitMemo(key)));
  const section = (name: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : [palette.bold(name), ...lines];
  return [
    ...section(
      'queries',
      state.queries.map(
        ({ name, result, failure }) =>
          `  ${name} ${failure === undefined ? JSON.stringify(result ?? null) : palette.red(failure)}`,
      ),
    ),
    ...section(
      'takes signals',
      state.signals.map((name) => `  ${name}`),
    ),
    ...section(
      'takes updates',
      state.updates.map((name) => `  ${name}`),
    ),
    ...section(
      'waits for',
      pending.map((step) => `  ${step}`),
    ),
    ...section(
      'waits at',
      state.stacks.flatMap((stack) => [
        ...stack.map((at) => `  ${at.function || '(function)'} ${palette.dim(`${at.file}:${at.line}:${at.column}`)}`),
        '',
      ]),
    ),
    ...section(
      'memo',
      Object.entries(own).map(([key, value]) => `  ${key} ${JSON.stringify(value)}`),
    ),
    ...section(
      'search attributes',
      Object.entries(searchAttributes).map(([key, value]) => `  ${key} ${JSON.stringify(value)}`),
    ),
  ].join('\n');
}

export function differenceText(difference: SessionDifference, output: Output): string {
  const { palette } = output;
  const { outcome, recorded, now, endDifferences, steps, unanswered, failure, effectDifferences } = difference;
  if (outcome === 'matched') return `${palette.green('✓')} the same: ${endText(recorded, output)}`;
  return [
    `${palette.bold(outcome)}`,
    `  recorded  ${endText(recorded, output)}`,
    `  now       ${endText(now, output)}`,
    ...endDifferences.map((one) => `    ${describeDifference(one)}`),
    ...effectDifferences.map((one) => `    ${palette.yellow('writes')} ${describeDifference(one)}`),
    ...(failure === undefined ? [] : [`  ${palette.red(failure.message)}`]),
    ...(unanswered === undefined
      ? []
      : [
          `  ${palette.yellow('stops')} at ${unanswered.step}: ${unanswered.reason}`,
          `  Answer it yourself: e ${unanswered.step} <json>`,
        ]),
    ...steps.map(({ step, change }) => `  ${change.padEnd(8)} ${step}`),
  ].join('\n');
}

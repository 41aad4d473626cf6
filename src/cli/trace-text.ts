/** A reasoning trace made to be read: what was asked, what came back, and why, in the order in which it happened. */
import { describeValue, printable } from '../compare/describe.ts';
import type { Paint } from '../compare/render/palette.ts';
import type { Recording } from '../recording/recording.ts';
import type { RunEnd, TraceStep } from '../recording/trace.ts';
import { formatDuration } from '../shared/duration.ts';
import { isJsonObject, type Json } from '../shared/json.ts';
import type { Output } from './output.ts';
import { atMinute } from './words.ts';

/** Lines of a text that are shown without `--full`. */
const SHORT_LINES = 8;
const LABEL_WIDTH = 10;

/** The trace of a run as text. */
export function traceText(recording: Recording, output: Output, full: boolean): string {
  const { palette } = output;
  const { workflowId, startedAt, endedAt, trace, input, end } = recording;
  const by = recording.mission === undefined ? recording.workflowType : `${recording.mission}@${recording.version}`;
  const took = formatDuration(Date.parse(endedAt) - Date.parse(startedAt));
  const redacted = recording.redacted ? ', declared values replaced' : '';
  const draw = new TraceDrawer(output, full);
  return [
    `${palette.bold(printable(workflowId))}  ${by}`,
    palette.dim(
      `  started ${atMinute(startedAt)} UTC, ${end.status === 'open' ? 'still open' : `${end.status} after ${took}`}${redacted}`,
    ),
    '',
    ...draw.field('input', input),
    ...trace.steps.flatMap((step) => ['', ...draw.step(step)]),
    '',
    ...draw.end(end),
  ].join('\n');
}

class TraceDrawer {
  readonly #output: Output;
  readonly #full: boolean;

  constructor(output: Output, full: boolean) {
    this.#output = output;
    this.#full = full;
  }

  /** Columns beside the labels. */
  get #room(): number {
    return this.#output.width - LABEL_WIDTH - 4;
  }

  step(step: TraceStep): string[] {
    return [this.#title(step), ...this.#body(step), ...this.#why(step)];
  }

  end(end: RunEnd): string[] {
    const { palette } = this.#output;
    if (end.status === 'completed') return [palette.green('■ completed'), ...this.field('result', end.result)];
    if (end.status === 'failed') {
      return [palette.red('■ failed'), ...this.#lines('failure', `${end.failure.type}: ${end.failure.message}`)];
    }
    return [palette.yellow(`■ ${end.status}`)];
  }

  field(label: string, value: Json): string[] {
    return this.#lines(label, typeof value === 'string' ? value : jsonText(value, this.#room));
  }

  #title({ id, kind, status, effect, atMs, durationMs, attempts, usage }: TraceStep): string {
    const { palette } = this.#output;
    const marks: Readonly<Partial<Record<TraceStep['status'], Paint>>> = {
      completed: palette.cyan,
      open: palette.yellow,
    };
    const paint = marks[status] ?? palette.red;
    const aside = [
      effect === 'write' ? 'writes' : '',
      status === 'completed' ? '' : status,
      `at ${formatDuration(atMs)}`,
      durationMs > 0 ? `took ${formatDuration(durationMs)}` : '',
      attempts !== undefined && attempts > 1 ? `${attempts} attempts` : '',
      usage === undefined ? '' : `${usage.inputTokens} → ${usage.outputTokens} tokens`,
    ];
    return `${paint('●')} ${kind} ${palette.bold(printable(id))}  ${palette.dim(aside.filter((part) => part !== '').join(', '))}`;
  }

  #body({ kind, request, result, status, failure }: TraceStep): string[] {
    const asked = kind === 'model' ? this.#question(request) : this.field(kind === 'rule' ? 'given' : 'asked', request);
    if (failure !== undefined) return [...asked, ...this.#lines('failed', failure)];
    if (status !== 'completed') return asked;
    return [...asked, ...this.field('answer', kind === 'model' ? answerOf(result) : result)];
  }

  /** Of a model's request, what it was told. */
  #question(request: Json): string[] {
    if (!isJsonObject(request) || !Array.isArray(request['messages'])) return this.field('asked', request);
    const told = request['messages'].flatMap((message: Json) =>
      isJsonObject(message) ? this.#lines(plain(message['role']), plain(message['content'])) : [],
    );
    const { model, parameters } = request;
    return [...this.#lines('model', `${plain(model)} ${describeValue(parameters ?? null)}`), ...told];
  }

  #why({ reasoning, by, comment }: TraceStep): string[] {
    return [
      ...(reasoning === undefined ? [] : this.#lines('reasoning', reasoning)),
      ...(by === undefined ? [] : this.#lines('decided by', comment === undefined ? by : `${by}: ${comment}`)),
    ];
  }

  #lines(label: string, text: string): string[] {
    const { palette } = this.#output;
    const lines = text.split('\n').flatMap((line) => breakLine(printable(line), this.#room));
    const shown = this.#full ? lines : lines.slice(0, SHORT_LINES);
    const hidden = lines.length - shown.length;
    const more = hidden > 0 ? [palette.dim(`… ${hidden} more lines, --full shows them`)] : [];
    return [...shown, ...more].map(
      (line, index) => `  ${palette.dim((index === 0 ? label : '').padEnd(LABEL_WIDTH))}  ${line}`,
    );
  }
}

/** Of a model's response, what it said. */
function answerOf(result: Json): Json {
  if (!isJsonObject(result)) return result;
  return result['object'] ?? result['toolCalls'] ?? result['text'] ?? result;
}

function plain(value: Json | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}

/** On one line where it fits, else a line for each member. */
function jsonText(value: Json, width: number): string {
  const line = JSON.stringify(value);
  if (line.length <= width || value === null || typeof value !== 'object') return line;
  const lines = JSON.stringify(value, null, 2).split('\n').slice(1, -1);
  return lines.map((one) => one.slice(2)).join('\n');
}

/** Breaks at spaces where there are some, and loses nothing: identifiers are to be copied from here. */
function breakLine(line: string, width: number): string[] {
  const parts: string[] = [];
  let rest = line;
  while (rest.length > width) {
    const space = rest.lastIndexOf(' ', width);
    const at = space > width / 2 ? space : width;
    parts.push(rest.slice(0, at));
    rest = rest.slice(at).replace(/^ /, '');
  }
  return [...parts, rest];
}

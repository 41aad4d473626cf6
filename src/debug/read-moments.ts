/** A tape as moments: what was told and asked in words, under the ids that steps have in reports, with the link where it is not the first. */
import { DECIDE_UPDATE, isKitMemo, MEMO_DECISION_PREFIX } from '../mission/wire.ts';
import { payloadMapToJson } from '../recording/payloads.ts';
import { type CommandView, noteCommand, StepNamer } from '../replay/command-view.ts';
import { endOf } from '../replay/continuation.ts';
import { isFromHistory } from '../replay/lockstep/task-facts.ts';
import { type Command, type Job, toMs } from '../replay/proto.ts';
import { viewOfCommand } from '../replay/view-of-command.ts';
import { isJsonObject, type JsonObject } from '../shared/json.ts';
import type { Asked, Moment, Noted, Told } from './moment.ts';
import { nameInLink } from './place.ts';
import type { TapedLink, TapedTurn } from './tape.ts';
import { type StepNumbers, toldIn } from './told.ts';

export function readMoments(tape: readonly TapedLink[]): Moment[] {
  const namer = new StepNamer();
  const moments: Moment[] = [];
  for (const [link, { turns }] of tape.entries()) {
    const reader = new LinkReader(link, namer);
    for (const turn of turns) moments.push(reader.read(turn, moments));
  }
  return moments;
}

/** Commands that begin something which a later job ends, with the kind of the number that joins the two. */
const BEGINNINGS = [
  ['scheduleActivity', 'activity'],
  ['scheduleLocalActivity', 'activity'],
  ['startTimer', 'timer'],
  ['startChildWorkflowExecution', 'child'],
  ['scheduleNexusOperation', 'operation'],
  ['signalExternalWorkflowExecution', 'signal'],
  ['requestCancelExternalWorkflowExecution', 'cancel'],
] as const;

class LinkReader implements StepNumbers {
  readonly #link: number;
  readonly #namer: StepNamer;
  readonly #steps = new Map<string, string>();
  readonly #pending = new Set<string>();
  #memo: JsonObject = {};
  #searchAttributes: JsonObject = {};
  #lastEvent = 0;

  constructor(link: number, namer: StepNamer) {
    this.#link = link;
    this.#namer = namer;
  }

  stepOf(kind: string, seq: number | null | undefined): string {
    return this.#steps.get(`${kind}:${seq ?? 0}`) ?? `${kind} ${seq ?? 0}`;
  }

  read({ activation, answer }: TapedTurn, before: readonly Moment[]): Moment {
    const timeMs = toMs(activation.timestamp);
    const startMs = before[0] === undefined ? timeMs : Date.parse(before[0].time);
    for (const job of activation.jobs ?? []) this.#begin(job);
    const told = (activation.jobs ?? []).flatMap((job) => toldIn(job, this) ?? []);
    for (const news of told) this.#settle(news);
    const commands = answer.failure === undefined ? withoutUndone(answer.commands) : [];
    const views = commands.flatMap((command) => this.#take(command) ?? []);
    const ending = commands.find((command) => viewOfCommand(command, new StepNamer())?.kind === 'end');
    return {
      index: before.length,
      link: this.#link,
      time: new Date(timeMs).toISOString(),
      atMs: Math.round(timeMs - startMs),
      way: isFromHistory(activation) ? 'recorded' : 'simulated',
      told,
      noted: views.flatMap(({ notes }) => notes.map((note) => notedOf(note))),
      asked: views.filter(isShown).map(askedOf),
      pending: [...this.#pending],
      events: this.#eventsOf(activation),
      memo: this.#memo,
      searchAttributes: this.#searchAttributes,
      end: ending === undefined ? null : endOf(ending),
      ...(answer.failure === undefined ? {} : { failure: answer.failure.message }),
    };
  }

  #begin({ initializeWorkflow: start }: Job): void {
    if (!start) return;
    this.#memo = payloadMapToJson(start.memo?.fields);
    this.#searchAttributes = payloadMapToJson(start.searchAttributes?.indexedFields);
  }

  #eventsOf(activation: TapedTurn['activation']): Moment['events'] {
    if (!isFromHistory(activation)) return null;
    const first = this.#lastEvent + 1;
    this.#lastEvent = activation.historyLength ?? 0;
    return { first, last: Math.max(first, this.#lastEvent) };
  }

  #settle(news: Told): void {
    if (news.kind === 'answer' || news.kind === 'timer') this.#pending.delete(news.step);
    if (news.kind !== 'update' || news.name !== DECIDE_UPDATE || !isJsonObject(news.input)) return;
    const { step } = news.input;
    if (typeof step === 'string') this.#pending.delete(nameInLink(step, this.#link));
  }

  #take(command: Command): CommandView | undefined {
    const view = this.#named(viewOfCommand(command, this.#namer));
    this.#remember(command);
    if (command.cancelTimer) this.#pending.delete(this.stepOf('timer', command.cancelTimer.seq));
    if (view === undefined) return undefined;
    for (const [name, kind] of BEGINNINGS) {
      const begun = command[name];
      if (!begun) continue;
      this.#steps.set(`${kind}:${begun.seq ?? 0}`, view.step);
      this.#pending.add(view.step);
    }
    if (view.kind === 'decision') this.#pending.add(view.step);
    return view;
  }

  #named(view: CommandView | undefined): CommandView | undefined {
    if (view === undefined) return undefined;
    const nameOf = (step: string) => nameInLink(step, this.#link);
    return {
      ...view,
      step: nameOf(view.step),
      notes: view.notes.map((note) => ({ ...note, step: nameOf(note.step) })),
    };
  }

  #remember({ modifyWorkflowProperties: memo, upsertWorkflowSearchAttributes: attributes }: Command): void {
    const fields = payloadMapToJson(memo?.upsertedMemo?.fields);
    this.#memo = { ...this.#memo, ...fields };
    for (const [key, value] of Object.entries(fields)) {
      if (value === null) this.#pending.delete(nameInLink(key.slice(MEMO_DECISION_PREFIX.length), this.#link));
    }
    const { indexedFields } = attributes?.searchAttributes ?? {};
    this.#searchAttributes = { ...this.#searchAttributes, ...payloadMapToJson(indexedFields) };
  }
}

/** A timer that is cancelled as soon as it is started leaves neither a command nor an id. */
function withoutUndone(commands: readonly Command[]): readonly Command[] {
  const undone = new Set(commands.flatMap(({ cancelTimer }) => (cancelTimer ? [cancelTimer.seq ?? 0] : [])));
  return commands.filter(({ startTimer }) => !startTimer || !undone.has(startTimer.seq ?? 0));
}

/** Memo entries that the kit writes for itself are told as notes and questions. */
function isShown({ kind, name }: CommandView): boolean {
  return kind !== 'memo' || name.split(', ').some((key) => !isKitMemo(key));
}

function askedOf({ step, kind, name, effect, request, options }: CommandView): Asked {
  return { step, kind, name, ...(effect === undefined ? {} : { effect }), request, options };
}

function notedOf(note: CommandView['notes'][number]): Noted {
  const { step, kind, name } = noteCommand(note);
  const said = note.input === undefined ? {} : { input: note.input };
  return { step, kind: kind === 'rule' ? 'rule' : 'observation', name, ...said, result: note.result };
}

/** A debugger at work on one run: where it stands, what was edited, and what that changed. */
import type { ReplayResult } from '../compare/outcome.ts';
import type { RunEnd, TraceStep } from '../recording/trace.ts';
import { MissionError } from '../shared/errors.ts';
import { isJsonObject, type Json, jsonEquals } from '../shared/json.ts';
import { completeAnswer, type Edit, type EditedAnswer, START_TARGET } from './edit.ts';
import type { Asked, LiveState, Moment, Told } from './moment.ts';
import type { Play, Player } from './player.ts';

/** How a step differs from the recorded one of its id. */
export interface StepChange {
  readonly step: string;
  readonly change: 'edited' | 'request' | 'result' | 'added' | 'gone';
}

/** What the edits, or another version, make of the run. */
export interface SessionDifference {
  readonly outcome: ReplayResult['outcome'];
  readonly recorded: RunEnd;
  /** `null` when it comes to no end. */
  readonly now: RunEnd | null;
  readonly endDifferences: ReplayResult['endDifferences'];
  readonly effectDifferences: ReplayResult['effectDifferences'];
  readonly divergence: ReplayResult['divergence'];
  readonly steps: readonly StepChange[];
  readonly unanswered?: ReplayResult['unanswered'];
  readonly failure?: ReplayResult['failure'];
}

export class DebugSession {
  readonly #player: Player;
  readonly #trace: readonly TraceStep[];
  #edits: readonly Edit[] = [];
  #play: Play;
  #position = 0;

  private constructor(player: Player, trace: readonly TraceStep[], play: Play) {
    this.#player = player;
    this.#trace = trace;
    this.#play = play;
  }

  /** @param trace of the recording, which differences are told against */
  static async open(player: Player, trace: readonly TraceStep[]): Promise<DebugSession> {
    return new DebugSession(player, trace, await player.play([]));
  }

  get moments(): readonly Moment[] {
    return this.#play.moments;
  }

  get moment(): Moment {
    const moment = this.moments[this.#position];
    if (moment !== undefined) return moment;
    const { failure, outcome } = this.#play.result;
    throw new MissionError('DEBUG_FAILED', `The code does not start: ${failure?.message ?? outcome}.`, {
      remedy: 'Choose the version that made the run, or one whose workflow has the same name.',
    });
  }

  get edits(): readonly Edit[] {
    return this.#edits;
  }

  get result(): ReplayResult {
    return this.#play.result;
  }

  /** @returns false at the end */
  next(): boolean {
    if (this.#position + 1 >= this.moments.length) return false;
    this.#position += 1;
    return true;
  }

  /** @returns false at the start */
  back(): boolean {
    if (this.#position === 0) return false;
    this.#position -= 1;
    return true;
  }

  /**
   * @param target `start`, `end`, the number of a moment, `event:<id>`, or a step: its id, or its name alone
   * @throws MissionError `USAGE` when there is no such place on this way
   */
  to(target: string): void {
    const index = this.#find(target);
    if (index < 0) throw nowhere(target, this.moments);
    this.#position = index;
  }

  #find(target: string): number {
    const { moments } = this;
    if (target === 'start') return 0;
    if (target === 'end') return moments.length - 1;
    if (/^\d+$/.test(target)) return Number(target) < moments.length ? Number(target) : -1;
    const [, event] = /^event:(\d+)$/.exec(target) ?? [];
    if (event !== undefined) {
      return moments.findIndex(
        ({ events }) => events !== null && events.first <= Number(event) && Number(event) <= events.last,
      );
    }
    const exact = moments.findIndex((moment) => idsIn(moment).includes(target));
    return exact >= 0 ? exact : moments.findIndex((moment) => idsIn(moment).some((id) => id.split('#')[0] === target));
  }

  /** The step's question and the answer that it got on this way. */
  step(id: string): { readonly asked: Asked | undefined; readonly told: Extract<Told, { step: string }> | undefined } {
    const asked = this.moments.flatMap((moment) => moment.asked).find(({ step }) => step === id);
    const told = this.moments.flatMap((moment) => moment.told).find((news) => 'step' in news && news.step === id);
    return { asked, told: told as Extract<Told, { step: string }> | undefined };
  }

  /**
   * Lets a step be answered otherwise, and goes on from there. The debugger then stands where the answer comes.
   *
   * @param target a step, `input`, or `event:<id>` of a signal
   * @throws MissionError `USAGE` when nothing of the kind was asked or told
   */
  async edit(target: string, answer: EditedAnswer): Promise<void> {
    const id = this.#editable(target);
    const { asked, told: before } = this.step(id);
    const recorded: Json = before?.kind === 'answer' ? before.result : null;
    const complete = asked === undefined ? answer : completeAnswer(answer, asked, recorded);
    const edits = [...this.#edits.filter((edit) => edit.target !== id), { target: id, answer: complete }];
    await this.#replay(edits);
    const comes = this.moments.findIndex(({ told }) => told.some((news) => answers(news, id)));
    this.#position = Math.max(0, comes >= 0 ? comes : this.#find(id));
  }

  #editable(target: string): string {
    if (target === START_TARGET || target.startsWith('event:')) return target;
    const ids = this.moments.flatMap(({ asked }) => asked).filter(({ kind }) => ANSWERED.has(kind));
    const found = ids.find(({ step }) => step === target) ?? ids.find(({ step }) => step.split('#')[0] === target);
    if (found !== undefined) return found.step;
    throw new MissionError('USAGE', `There is no answer to edit at "${target}".`, {
      remedy: `Name a step that something or somebody answers: ${[...new Set(ids.map(({ step }) => step))].join(', ') || 'this run has none'}. What a rule says is computed: edit what it was given, or the input.`,
      details: { target },
    });
  }

  /** Forgets all edits. */
  async reset(): Promise<void> {
    await this.#replay([]);
    this.#position = 0;
  }

  async #replay(edits: readonly Edit[]): Promise<void> {
    this.#play = await this.#player.play(edits);
    this.#edits = edits;
    this.#position = Math.min(this.#position, Math.max(0, this.moments.length - 1));
  }

  /** The workflow's own state where the debugger stands. */
  async state(): Promise<LiveState> {
    return this.#player.inspect(this.#edits, this.moment.index);
  }

  difference(): SessionDifference {
    const { outcome, baselineEnd, candidateEnd, endDifferences, effectDifferences, divergence } = this.#play.result;
    const { unanswered, failure } = this.#play.result;
    return {
      outcome,
      recorded: baselineEnd,
      now: candidateEnd,
      endDifferences,
      effectDifferences,
      divergence,
      steps: this.#changes(),
      ...(unanswered === undefined ? {} : { unanswered }),
      ...(failure === undefined ? {} : { failure }),
    };
  }

  #changes(): StepChange[] {
    const { steps, outcome } = this.#play.result;
    const edited = new Set(this.#edits.map(({ target }) => target));
    if (outcome === 'matched') return [...edited].map((step) => ({ step, change: 'edited' }));
    const now = new Map(steps.map((step) => [step.id, step]));
    const before = new Map(this.#trace.map((step) => [step.id, step]));
    const here = steps.flatMap(({ id, kind, request, result }): StepChange[] => {
      if (edited.has(id)) return [{ step: id, change: 'edited' }];
      const recorded = before.get(id);
      if (recorded === undefined) return SILENT.has(kind) ? [] : [{ step: id, change: 'added' }];
      if (!jsonEquals(recorded.request, request)) return [{ step: id, change: 'request' }];
      return jsonEquals(recorded.result, result) ? [] : [{ step: id, change: 'result' }];
    });
    const gone = this.#trace.filter(({ id }) => !now.has(id) && !edited.has(id));
    return [...here, ...gone.map(({ id }): StepChange => ({ step: id, change: 'gone' }))];
  }

  async close(): Promise<void> {
    await this.#player.close();
  }
}

const ANSWERED: ReadonlySet<string> = new Set(['model', 'tool', 'activity', 'child', 'decision']);
const SILENT: ReadonlySet<string> = new Set(['end', 'memo', 'patch', 'update', 'search-attributes']);

/** Whether news are what a step was waiting for. */
function answers(news: Told, id: string): boolean {
  if ('step' in news) return news.step === id;
  if (news.kind === 'start') return id === START_TARGET;
  return news.kind === 'update' && isJsonObject(news.input) && news.input['step'] === id;
}

/** Where a step is asked comes before where it is noted. */
function idsIn({ asked, noted }: Moment): string[] {
  return [...asked.map(({ step }) => step), ...noted.map(({ step }) => step)];
}

function nowhere(target: string, moments: readonly Moment[]): MissionError {
  const steps = [...new Set(moments.flatMap(({ asked }) => asked.map(({ step }) => step)))];
  return new MissionError('USAGE', `There is no "${target}" on this way.`, {
    remedy: `Moments are 0 to ${moments.length - 1}, and event:<id>; steps are ${steps.join(', ')}.`,
    details: { target },
  });
}

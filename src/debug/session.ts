/** A debugger at work on one run: where it stands, what was edited, and what that changed. */
import type { ReplayResult } from '../compare/outcome.ts';
import { deriveTrace } from '../recording/derive-trace.ts';
import type { History } from '../recording/recording.ts';
import type { RunEnd, TraceStep } from '../recording/trace.ts';
import { MissionError } from '../shared/errors.ts';
import { isJsonObject, type Json } from '../shared/json.ts';
import { completeAnswer, type Edit, type EditedAnswer, START_TARGET } from './edit.ts';
import { type EditedPlace, placeOfEvent, refuseWithoutEffect } from './edited-place.ts';
import type { Asked, LiveState, Moment, Told } from './moment.ts';
import { choosePlace, eventIn, idInLink, inLink, nameInLink, type Place, readTyped } from './place.ts';
import type { Play, Player } from './player.ts';
import { type StepChange, stepChanges } from './step-changes.ts';

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
  readonly #histories: readonly History[];
  readonly #trace: readonly TraceStep[];
  #edits: readonly Edit[] = [];
  #play: Play;
  #position = 0;

  private constructor(player: Player, histories: readonly History[], play: Play) {
    this.#player = player;
    this.#histories = histories;
    this.#trace = deriveTrace(histories).steps;
    this.#play = play;
  }

  /** @param histories of the recording, which differences are told against */
  static async open(player: Player, histories: readonly History[]): Promise<DebugSession> {
    return new DebugSession(player, histories, await player.play([]));
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
   * @param target `start`, `end`, the number of a moment, `event:<id>`, or a step: its id, or its name alone. Names mean links as for an edit.
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
    const { id, link } = readTyped(target);
    const event = eventIn(id);
    if (event !== undefined) return this.#momentOf(event, link)?.index ?? -1;
    return choosePlace(moments.flatMap(placesIn), target, this.#here)?.index ?? -1;
  }

  #momentOf(event: number, link: number | undefined): Moment | undefined {
    const holding = this.moments.filter(
      ({ events }) => events !== null && events.first <= event && event <= events.last,
    );
    return inLink(holding, link, this.#here);
  }

  /** The link where the debugger stands. */
  get #here(): number {
    return this.moments[this.#position]?.link ?? 0;
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
   * @param target a step, `input`, or `event:<id>` of a signal; of a later link with its number, `assess#1/2`. Where the name alone is given, or
   *   an event without a link, that of the link where the debugger stands is meant, else the first.
   * @throws MissionError `USAGE` when nothing of the kind was asked or told, or when it cannot be told so
   */
  async edit(target: string, answer: EditedAnswer): Promise<void> {
    const place = this.#editable(target);
    const name = nameInLink(place.target, place.link);
    const { asked, told: before } = this.step(name);
    const recorded: Json = before?.kind === 'answer' ? before.result : null;
    const edit = { ...place, answer: asked === undefined ? answer : completeAnswer(answer, asked, recorded) };
    refuseWithoutEffect(this.#histories, edit);
    const others = this.#edits.filter((one) => one.target !== edit.target || one.link !== edit.link);
    await this.#replay([...others, edit]);
    const comes = this.moments.findIndex(({ told, link }) => told.some((news) => answers(news, link, edit)));
    const stands = comes >= 0 ? comes : this.#find(name);
    if (stands >= 0) this.#position = stands;
  }

  #editable(target: string): EditedPlace {
    if (target === START_TARGET) return { target, link: 0 };
    const { id, link } = readTyped(target);
    const event = eventIn(id);
    if (event !== undefined) return placeOfEvent(this.#histories, event, { named: link, here: this.#here });
    const places = this.moments.flatMap((moment) =>
      moment.asked.filter(({ kind }) => ANSWERED.has(kind)).map(({ step }) => ({ name: step, link: moment.link })),
    );
    const found = choosePlace(places, target, this.#here);
    if (found !== undefined) return { target: idInLink(found.name, found.link), link: found.link };
    throw new MissionError('USAGE', `There is no answer to edit at "${target}".`, {
      remedy: `Name a step that something or somebody answers: ${[...new Set(places.map(({ name }) => name))].join(', ') || 'this run has none'}. What a rule says is computed: edit what it was given, or the input.`,
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
    const { failure } = this.#play.result;
    const unanswered = this.#unanswered();
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

  /** Where evidence ended, by the name under which it can be edited. */
  #unanswered(): ReplayResult['unanswered'] {
    const { unanswered } = this.#play.result;
    const last = this.moments.at(-1);
    if (unanswered === undefined || last === undefined) return unanswered;
    const name = nameInLink(unanswered.step, last.link);
    return last.asked.some(({ step }) => step === name) ? { ...unanswered, step: name } : unanswered;
  }

  #changes(): StepChange[] {
    const { steps, outcome } = this.#play.result;
    const edited = new Set(this.#edits.map(({ target, link }) => nameInLink(target, link)));
    if (outcome === 'matched') return [...edited].map((step) => ({ step, change: 'edited' }));
    return stepChanges(steps, this.#trace, edited);
  }

  async close(): Promise<void> {
    await this.#player.close();
  }
}

const ANSWERED: ReadonlySet<string> = new Set(['model', 'tool', 'activity', 'child', 'decision']);

/** Whether news are what an edit is about. */
function answers(news: Told, link: number, { target, link: edited }: Edit): boolean {
  if (link !== edited) return false;
  if ('step' in news) return news.step === nameInLink(target, link);
  if (news.kind === 'start') return target === START_TARGET;
  return news.kind === 'update' && isJsonObject(news.input) && news.input['step'] === target;
}

/** Where a step is asked comes before where it is noted. */
function placesIn({ asked, noted, link, index }: Moment): (Place & { readonly index: number })[] {
  return [...asked, ...noted].map(({ step }) => ({ name: step, link, index }));
}

function nowhere(target: string, moments: readonly Moment[]): MissionError {
  const steps = [...new Set(moments.flatMap(({ asked }) => asked.map(({ step }) => step)))];
  return new MissionError('USAGE', `There is no "${target}" on this way.`, {
    remedy: `Moments are 0 to ${moments.length - 1}, and event:<id>; steps are ${steps.join(', ')}.`,
    details: { target },
  });
}

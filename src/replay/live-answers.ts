import type { Json } from '../shared/json.ts';
import type { CommandView } from './command-view.ts';

/** What asking again gave. `refused`: the budget is spent or nothing is connected. */
export type LiveAnswer =
  | { readonly result: Json }
  | { readonly failure: { readonly message: string; readonly type: string } }
  | { readonly refused: string; readonly remedy?: string };

/** Answers that somebody makes up, by step id of one link: a result, or a failure. Of a decision, the result holds the `option`. */
export type GivenAnswers = ReadonlyMap<
  string,
  Exclude<LiveAnswer, { readonly refused: string; readonly remedy?: string }>
>;

/** For which replay a question is asked. */
export interface Asker {
  /** Recording id. */
  readonly recording: string;
  /** Which of several draws of one recording; absent for the replay that is counted. */
  readonly draw: string | undefined;
}

/** The only way out of a replay, there only when the policy opens it. Never given a write. */
export interface LiveAnswers {
  ask(view: CommandView, asker?: Asker): Promise<LiveAnswer>;
}

/** For replays whose policy asks nothing again. */
export const NO_LIVE_ANSWERS: LiveAnswers = {
  ask: async () => ({ refused: 'this replay was given no way to ask again' }),
};

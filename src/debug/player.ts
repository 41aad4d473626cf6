/**
 * Plays a recorded run in a sandbox, with edits, and gives any moment of it again.
 *
 * Invariants
 * 1. Nothing reaches the world: what the code asks for is answered from the recording, from edits, or not at all.
 * 2. The same edits give the same moments. A moment is had again by giving the code what it was given before, from the start.
 */
import type { ReplayResult } from '../compare/outcome.ts';
import type { AnswerPolicy, ReplayLimits } from '../replay/answer-policy.ts';
import type { ReplayCandidate, ReplayInput } from '../replay/departure.ts';
import { NO_LIVE_ANSWERS } from '../replay/live-answers.ts';
import { replayRecording } from '../replay/replay-recording.ts';
import { type Edit, editHistories, givenBy } from './edit.ts';
import { askState } from './live-state.ts';
import type { LiveState, Moment } from './moment.ts';
import { readMoments } from './read-moments.ts';
import { type TapedLink, taped } from './tape.ts';

/** One way through a run, to where it ended. */
export interface Play {
  readonly moments: readonly Moment[];
  /** The way compared with the recorded one. */
  readonly result: ReplayResult;
}

export interface PlayOptions {
  readonly answers: AnswerPolicy;
  readonly limits: ReplayLimits;
  /** Of the policy (`replay/declared-reads.ts`). */
  readonly reads?: readonly string[] | undefined;
}

export interface Player {
  play(edits: readonly Edit[]): Promise<Play>;
  /** The state at a moment of the way with these edits. */
  inspect(edits: readonly Edit[], index: number): Promise<LiveState>;
  close(): Promise<void>;
}

/** A player in this process. */
export function createPlayer(candidate: ReplayCandidate, input: ReplayInput, options: PlayOptions): Player {
  let last: { readonly key: string; readonly tape: readonly TapedLink[]; readonly play: Play } | undefined;
  const perform = async (edits: readonly Edit[]) => {
    const key = JSON.stringify(edits);
    const tape: TapedLink[] = [];
    const result = await replayRecording(
      { ...candidate, sandbox: taped(candidate.sandbox, tape) },
      { ...input, histories: editHistories(input.histories, edits) },
      { ...options, live: NO_LIVE_ANSWERS, given: (link) => givenBy(edits, link), judgesDeterminism: false },
    );
    last = { key, tape, play: { moments: readMoments(tape), result } };
    return last;
  };
  return {
    play: async (edits) => (await perform(edits)).play,
    async inspect(edits, index) {
      const { tape } = last?.key === JSON.stringify(edits) ? last : await perform(edits);
      return inspectAt(candidate, tape, index);
    },
    close: () => candidate.sandbox.destroy(),
  };
}

async function inspectAt({ sandbox }: ReplayCandidate, tape: readonly TapedLink[], index: number): Promise<LiveState> {
  let left = index;
  for (const { first, facts, assumesPatches, turns } of tape) {
    if (left >= turns.length) {
      left -= turns.length;
      continue;
    }
    const run = await sandbox.start(first, facts, assumesPatches ? new Set() : undefined);
    try {
      for (const { activation } of turns.slice(0, left + 1)) await run.activate(activation);
      return await askState(run, turns[left]?.activation ?? first);
    } finally {
      await run.dispose();
    }
  }
  return { queries: [], signals: [], updates: [], stacks: [] };
}

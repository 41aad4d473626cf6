/** What is noted of recordings as they go by, for judging their results. Held only of those that are being replayed. */
import type { IntendedChange } from '../compare/intended-change.ts';
import { declaredForInput, type IntendedJudgement, judgeIntended } from '../compare/judge-intended.ts';
import type { ReplayResult } from '../compare/outcome.ts';
import { decodeRecordingContent } from '../recording/content.ts';
import { inputOf } from '../recording/run-end.ts';
import type { ReplaySource } from '../replay/replay-cohort.ts';
import type { ExpectedEnds } from './expected-end.ts';

export class RecordingNotes {
  readonly #intended: readonly IntendedChange[] | undefined;
  readonly #corrected: ExpectedEnds;
  readonly #declared = new Map<string, readonly IntendedChange[]>();

  /** @param corrected - ends of regression cases: they are held to these, and to no declaration */
  constructor(intended: readonly IntendedChange[] | undefined, corrected: ExpectedEnds) {
    this.#intended = intended;
    this.#corrected = corrected;
  }

  /** The same sources, noted one by one. */
  async *noted<Source extends ReplaySource>(sources: AsyncIterable<Source>): AsyncGenerator<Source> {
    for await (const source of sources) {
      this.#note(source);
      yield source;
    }
  }

  #note({ summary, content }: ReplaySource): void {
    if (this.#intended === undefined || this.#corrected.has(summary.id)) return;
    const [first] = readable(content);
    if (first !== undefined) this.#declared.set(summary.id, declaredForInput(this.#intended, inputOf(first)));
  }

  /** What a result says about the intended changes; its notes are then forgotten. */
  judge(result: ReplayResult): IntendedJudgement | undefined {
    const { id } = result.recording;
    const declared = this.#declared.get(id);
    this.#declared.delete(id);
    return declared === undefined ? undefined : judgeIntended(result, declared);
  }
}

/** What cannot be read is excluded by the replay, which says why. */
function readable(content: Uint8Array) {
  try {
    return decodeRecordingContent(content);
  } catch {
    return [];
  }
}

/** What is noted of recordings as they go by, for judging their results. Held only of those that are being replayed. */
import type { WalkedWays } from '../compare/coverage.ts';
import type { IntendedChange } from '../compare/intended-change.ts';
import { declaredForInput, type IntendedJudgement, judgeIntended } from '../compare/judge-intended.ts';
import type { ReplayedStep, ReplayResult } from '../compare/outcome.ts';
import { decodeRecordingContent } from '../recording/content.ts';
import { inputOf } from '../recording/run-end.ts';
import type { Trace, TraceStep } from '../recording/trace.ts';
import type { WalkedStep } from '../recording/walked-way.ts';
import type { ReplaySource } from '../replay/replay-cohort.ts';
import type { ExpectedEnds } from './expected-end.ts';

/** A recording with its trace. */
export interface TracedSource extends ReplaySource {
  readonly trace: Trace;
}

interface WalkedTraceStep extends WalkedStep {
  readonly id: string;
}

export class RecordingNotes {
  readonly #intended: readonly IntendedChange[] | undefined;
  readonly #corrected: ExpectedEnds;
  readonly #declared = new Map<string, readonly IntendedChange[]>();
  readonly #walked = new Map<string, readonly WalkedTraceStep[]>();

  /** @param corrected - ends of regression cases: they are held to these, and to no declaration */
  constructor(intended: readonly IntendedChange[] | undefined, corrected: ExpectedEnds) {
    this.#intended = intended;
    this.#corrected = corrected;
  }

  /** The same sources, noted one by one. */
  async *noted<Source extends TracedSource>(sources: AsyncIterable<Source>): AsyncGenerator<Source> {
    for await (const source of sources) {
      this.#note(source);
      yield source;
    }
  }

  #note({ summary, content, trace }: TracedSource): void {
    this.#walked.set(summary.id, trace.steps.map(walkedOf));
    if (this.#intended === undefined || this.#corrected.has(summary.id)) return;
    const [first] = readable(content);
    if (first !== undefined) this.#declared.set(summary.id, declaredForInput(this.#intended, inputOf(first)));
  }

  /** Of a recording that is not counted after all. */
  forget(id: string): void {
    this.#declared.delete(id);
    this.#walked.delete(id);
  }

  /** What a result says about the intended changes, and the ways that it went; its notes are then forgotten. */
  take(result: ReplayResult): { readonly intended: IntendedJudgement | undefined; readonly ways: WalkedWays } {
    const { id } = result.recording;
    const declared = this.#declared.get(id);
    const recorded = this.#walked.get(id) ?? [];
    this.forget(id);
    return {
      intended: declared === undefined ? undefined : judgeIntended(result, declared),
      ways: { recorded, candidate: candidateWay(result, recorded), forgiven: result.forgiven },
    };
  }
}

/** Steps that were followed as recorded ended as recorded; what the candidate did then is its own. */
function candidateWay({ steps, outcome }: ReplayResult, recorded: readonly WalkedTraceStep[]): readonly WalkedStep[] {
  if (outcome === 'matched') return recorded;
  const known = new Map(recorded.map((step) => [step.id, step]));
  return steps.map((step) => {
    const same = step.evidence === 'exact' ? known.get(step.id) : undefined;
    return same?.kind === step.kind ? same : walkedOf(step);
  });
}

/** Of a long result only what a branch is told by. */
function walkedOf({ id, kind, name, status, result }: TraceStep | ReplayedStep): WalkedTraceStep {
  return { id, kind, name, status, result: kind === 'rule' || kind === 'decision' ? result : null };
}

/** What cannot be read is excluded by the replay, which says why. */
function readable(content: Uint8Array) {
  try {
    return decodeRecordingContent(content);
  } catch {
    return [];
  }
}

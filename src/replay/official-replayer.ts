/**
 * What Temporal's own replayer says of the same histories. It decides nothing here; it must agree.
 *
 * It is asked in a process of its own: the candidate runs there as it would in a process of ours, with the same limits and as
 * little within its reach.
 */
import type { Determinism } from '../compare/outcome.ts';
import { MissionError } from '../shared/errors.ts';
import type { ReplayLimits } from './answer-policy.ts';
import type { OfficialOptions, OfficialQuestion } from './official-protocol.ts';
import { Questioner } from './questioner.ts';
import { startConfined } from './start-confined.ts';

/** Beside the heap, in megabytes: Temporal's core holds a history several times over while it replays it. */
const CORE_MB = 1_024;

export class OfficialReplayer {
  readonly #asked: Questioner<OfficialOptions, OfficialQuestion, Determinism>;

  constructor(code: string, limits: ReplayLimits) {
    const start = () => startConfined('official-process', import.meta.url, limits, CORE_MB);
    this.#asked = new Questioner({ start, options: { code }, limits });
  }

  /**
   * Asks about every link of a chain; one question after another. A candidate that exceeds its limits here is called not deterministic.
   *
   * @param content as `encodeRecordingContent` writes it
   * @throws MissionError `INTERNAL` when the process does not start
   */
  async ask(content: Uint8Array, workflowId: string): Promise<Determinism> {
    const heard = await this.#asked.ask({ content, workflowId });
    if (heard.kind === 'answer') return heard.answer;
    if (heard.kind === 'ended') return { deterministic: false, reason: heard.reason };
    throw new MissionError('INTERNAL', `Temporal's own replayer cannot be asked: ${heard.reason}.`, {
      remedy: 'To go on without a second opinion: --policy second-opinion=0.',
      details: { reason: heard.reason },
    });
  }

  /** Ends its process, whatever it is at. */
  close(): Promise<void> {
    return this.#asked.close();
  }
}

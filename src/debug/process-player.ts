/** A player whose workflow code runs in a process of its own, which is ended when the code hangs, and started anew when it is asked again. */
import { encodeRecordingContent } from '../recording/content.ts';
import type { ReplayInput } from '../replay/departure.ts';
import { Questioner } from '../replay/questioner.ts';
import { startConfined } from '../replay/start-confined.ts';
import { MissionError } from '../shared/errors.ts';
import type { Player, PlayOptions } from './player.ts';
import type { PlayerAnswer, PlayerOptions, PlayerQuestion } from './player-protocol.ts';
import type { Program } from './program.ts';

/** @throws MissionError `DEBUG_FAILED` from its methods, when the code hangs, breaks its memory limit, or cannot be loaded. */
export function startPlayer(
  { bundle: { code }, definition }: Program,
  { histories, ...input }: ReplayInput,
  { answers, limits, reads }: PlayOptions,
): Player {
  const start = () => startConfined('player-process', import.meta.url, limits);
  const options = { code, definition, input, content: encodeRecordingContent(histories), answers, limits, reads };
  const asked = new Questioner<PlayerOptions, PlayerQuestion, PlayerAnswer>({
    start,
    options,
    limits,
    endsAtHang: true,
  });
  const ask = async (question: PlayerQuestion) => {
    const heard = await asked.ask(question);
    if (heard.kind !== 'answer') throw failed(heard.reason);
    if ('failed' in heard.answer) throw failed(heard.answer.failed);
    return heard.answer;
  };
  return {
    async play(edits) {
      const answer = await ask({ edits });
      if ('play' in answer) return answer.play;
      throw failed('no way was given');
    },
    async inspect(edits, index) {
      const answer = await ask({ edits, inspect: index });
      if ('state' in answer) return answer.state;
      throw failed('no state was given');
    },
    close: () => asked.close(),
  };
}

function failed(reason: string): MissionError {
  return new MissionError('DEBUG_FAILED', `The run cannot be debugged: ${reason}.`, {
    remedy: 'mission trace shows what was recorded; mission replay says whether the version reproduces it.',
    details: { reason },
  });
}

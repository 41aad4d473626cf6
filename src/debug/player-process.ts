/** The process in which a debugger runs workflow code: confined as processes of replays are. */
import { decodeRecordingContent } from '../recording/content.ts';
import { answerQuestions } from '../replay/answer-questions.ts';
import { createSandbox } from '../replay/sandbox.ts';
import { messageOf } from '../shared/errors.ts';
import { keepRunStacks } from '../temporal/run-stacks.ts';
import { createPlayer, type Player } from './player.ts';
import type { PlayerAnswer, PlayerOptions, PlayerQuestion } from './player-protocol.ts';

keepRunStacks();

answerQuestions((options: PlayerOptions) => {
  let player: Promise<Player> | undefined;
  return async ({ edits, inspect }: PlayerQuestion, onPart): Promise<PlayerAnswer> => {
    try {
      player ??= open(options);
      const opened = await player;
      // Loading has a time of its own.
      onPart();
      if (inspect === undefined) return { play: await opened.play(edits) };
      return { state: await opened.inspect(edits, inspect) };
    } catch (error) {
      return { failed: messageOf(error) };
    }
  };
});

async function open({ code, definition, input, content, answers, limits, reads }: PlayerOptions): Promise<Player> {
  const histories = decodeRecordingContent(content);
  return createPlayer(
    { sandbox: await createSandbox({ code }), definition },
    { ...input, histories },
    { answers, limits, reads },
  );
}

/** The thread in which a debugger runs workflow code: locked down as processes of replays are, with no way out but its port. */
import { parentPort, workerData } from 'node:worker_threads';
import { decodeRecordingContent } from '../recording/content.ts';
import { lockDown } from '../replay/lockdown.ts';
import { createSandbox } from '../replay/sandbox.ts';
import { messageOf } from '../shared/errors.ts';
import { keepRunStacks } from '../temporal/run-stacks.ts';
import { createPlayer, type Player } from './player.ts';
import type { FromPlayer, PlayerThreadOptions, ToPlayer } from './player-protocol.ts';

const port = parentPort;
if (port === null) throw new Error('player-thread runs in a worker thread only');
const { code, definition, input, content, answers, limits } = workerData as PlayerThreadOptions;
const histories = decodeRecordingContent(content);
keepRunStacks();
lockDown();

let player: Promise<Player> | undefined;

function open(): Promise<Player> {
  player ??= createSandbox({ code }).then((sandbox) =>
    createPlayer({ sandbox, definition }, { ...input, histories }, { answers, limits }),
  );
  return player;
}

async function perform({ id, edits, inspect }: ToPlayer): Promise<FromPlayer> {
  try {
    const opened = await open();
    if (inspect === undefined) return { id, play: await opened.play(edits) };
    return { id, state: await opened.inspect(edits, inspect) };
  } catch (error) {
    return { id, failed: messageOf(error) };
  }
}

let last = Promise.resolve();

port.on('message', (message: ToPlayer) => {
  last = last.then(async () => port.postMessage(await perform(message)));
});

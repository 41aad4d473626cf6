import { createConnection, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { MissionError, messageOf } from '../shared/errors.ts';
import { type AnswerFrame, answerFrame, type CommandFrame, commandSocket, encodeFrame } from './forward-protocol.ts';
import type { CliIo } from './io.ts';

/**
 * Has a command run by the process that holds the embedded registry of this project (`mission dev`, `mission worker`).
 *
 * @param folder - the project's `.mission`
 * @returns its exit code; `undefined` when no process there takes commands.
 */
export async function forwardCommand(folder: string, argv: readonly string[], io: CliIo): Promise<number | undefined> {
  const socket = await connect(commandSocket(folder));
  if (socket === undefined) return undefined;
  const send = (frame: CommandFrame) => socket.write(encodeFrame(frame));
  const interrupt = () => send({ interrupt: true });
  io.signal.addEventListener('abort', interrupt, { once: true });
  try {
    const { isInteractive, colours, columns, cwd, env } = io;
    const actor = env['MISSION_ACTOR'];
    send({ argv: [...argv], cwd, isInteractive, colours, columns, ...(actor && { actor }) });
    return await followAnswers(socket, io, send);
  } finally {
    io.signal.removeEventListener('abort', interrupt);
    socket.destroy();
  }
}

async function followAnswers(socket: Socket, io: CliIo, send: (frame: CommandFrame) => void): Promise<number> {
  try {
    for await (const line of createInterface({ input: socket })) {
      const frame: AnswerFrame = answerFrame.parse(JSON.parse(line));
      if ('out' in frame) io.stdout(frame.out);
      else if ('err' in frame) io.stderr(frame.err);
      else if ('wants' in frame) send({ stdin: await io.stdin() });
      else return frame.exit;
    }
    throw new Error('it ended before the command did');
  } catch (error) {
    throw new MissionError('REGISTRY_LOCKED', `The process that has the registry open was lost: ${messageOf(error)}.`, {
      remedy: 'Look at its output, and repeat the command: what it had begun is stored whole or not at all.',
      cause: error,
    });
  }
}

/** Nobody there, or a socket that a killed process left behind: both are `undefined`. */
function connect(path: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    socket.once('connect', () => resolve(socket));
    socket.once('error', () => resolve(undefined));
  });
}

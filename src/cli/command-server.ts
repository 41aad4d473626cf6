/** Runs commands for other processes, while this one has the embedded registry open. */
import { chmod, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Registry } from '../registry/registry.ts';
import { messageOf } from '../shared/errors.ts';
import { type AnswerFrame, type CommandFrame, commandFrame, commandSocket, encodeFrame } from './forward-protocol.ts';
import { type CliIo, EXIT } from './io.ts';

export interface CommandServer {
  /** Takes no more commands and interrupts those that run. */
  close(): Promise<void>;
}

/** Runs one command line in this process. */
export type RunCommand = (argv: readonly string[], io: CliIo, shared: Registry) => Promise<number>;

/**
 * Listens in the project's `.mission`. The registry's lock makes sure that only one process comes here at a time, so a
 * socket that is there already was left by one that was killed.
 *
 * @returns `undefined` where there can be no such socket (a path too long, a file system without them).
 */
export async function serveCommands(
  folder: string,
  registry: Registry,
  env: NodeJS.ProcessEnv,
  run: RunCommand,
): Promise<CommandServer | undefined> {
  const path = commandSocket(folder);
  await rm(path, { force: true });
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    socket.on('error', () => undefined);
    serveOne(socket, registry, env, run).catch((error: unknown) => socket.destroy(new Error(messageOf(error))));
  });
  const listening = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(path, () => resolve(true));
  });
  if (!listening) return undefined;
  await chmod(path, 0o600);
  return {
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of open) socket.destroy();
      await closed;
      await rm(path, { force: true });
    },
  };
}

/** One connection, one command; what else comes on it is its input, or an interrupt. */
async function serveOne(socket: Socket, registry: Registry, env: NodeJS.ProcessEnv, run: RunCommand): Promise<void> {
  const interrupt = new AbortController();
  const input = new Deferred<string>();
  socket.once('close', () => interrupt.abort(new Error('interrupted')));
  for await (const line of createInterface({ input: socket })) {
    const frame: CommandFrame = commandFrame.parse(JSON.parse(line));
    if ('interrupt' in frame) interrupt.abort(new Error('interrupted'));
    else if ('stdin' in frame) input.resolve(frame.stdin);
    else void runOne(socket, frame, { interrupt: interrupt.signal, input, registry, env, run });
  }
}

interface Serving {
  readonly interrupt: AbortSignal;
  readonly input: Deferred<string>;
  readonly registry: Registry;
  readonly env: NodeJS.ProcessEnv;
  readonly run: RunCommand;
}

type Start = Extract<CommandFrame, { readonly argv: unknown }>;

async function runOne(socket: Socket, start: Start, serving: Serving): Promise<void> {
  const { argv, actor, ...terminal } = start;
  const send = (frame: AnswerFrame) => {
    if (socket.writable) socket.write(encodeFrame(frame));
  };
  const io: CliIo = {
    ...terminal,
    stdout: (out) => send({ out }),
    stderr: (err) => send({ err }),
    stdin: () => {
      send({ wants: 'stdin' });
      return serving.input.promise;
    },
    env: actor === undefined ? serving.env : { ...serving.env, MISSION_ACTOR: actor },
    signal: serving.interrupt,
  };
  const exit = await serving.run(argv, io, serving.registry).catch((error: unknown) => {
    send({ err: `${messageOf(error)}\n` });
    return EXIT.error;
  });
  send({ exit });
  socket.end();
}

class Deferred<Value> {
  readonly promise: Promise<Value>;
  resolve: (value: Value) => void = () => undefined;

  constructor() {
    this.promise = new Promise((resolve) => {
      this.resolve = resolve;
    });
  }
}

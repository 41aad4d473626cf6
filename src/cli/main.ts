#!/usr/bin/env node
/** The `mission` command: the edge between this process and `runCli`. */
import { text } from 'node:stream/consumers';
import { EXIT, wantsColours } from './io.ts';
import { runCli } from './run-cli.ts';

const interrupt = new AbortController();

/** The first signal asks to stop in order, the second one does not ask. */
function onSignal(): void {
  if (interrupt.signal.aborted) process.exit(EXIT.interrupted);
  interrupt.abort(new Error('interrupted'));
  process.stderr.write('\nStopping in order; once more to quit at once.\n');
}

process.on('SIGINT', onSignal);
process.on('SIGTERM', onSignal);
// A reader that has seen enough (`mission log | head`) is not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.error);
});

/** Read once: a command that another process runs in the end may have read it here before. */
let input: Promise<string> | undefined;

function readInput(): Promise<string> {
  input ??= text(process.stdin);
  return input;
}

/** Ctrl-C and Ctrl-D both mean that they have enough. */
async function askPerson(prompt: string): Promise<string | undefined> {
  const { createInterface } = await import('node:readline');
  const terminal = createInterface({ input: process.stdin, output: process.stderr, history: typed, historySize: 200 });
  return new Promise((resolve) => {
    terminal.once('close', () => resolve(undefined));
    terminal.question(prompt, (line) => {
      if (line.trim() !== '') typed.unshift(line);
      resolve(line);
      terminal.close();
    });
  });
}

const typed: string[] = [];

const code = await runCli(process.argv.slice(2), {
  stdout: (chunk) => process.stdout.write(chunk),
  stderr: (chunk) => process.stderr.write(chunk),
  stdin: readInput,
  ask: process.stdin.isTTY === true ? askPerson : undefined,
  isInteractive: process.stderr.isTTY === true && process.env['TERM'] !== 'dumb',
  colours: wantsColours(process.env, process.stdout.isTTY === true),
  columns: process.stdout.columns ?? 0,
  env: process.env,
  cwd: process.cwd(),
  signal: interrupt.signal,
});

// Native parts of Temporal keep the process alive; what was written has to be out first.
process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));

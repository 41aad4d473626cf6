import { writeFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError } from 'commander';
import type { Player } from '../../debug/player.ts';
import type { DebugCase } from '../../debug/saved-case.ts';
import type { DebugSession } from '../../debug/session.ts';
import { isMissionError, MissionError, messageOf } from '../../shared/errors.ts';
import { addCommand, type Call, type CliHost, option } from '../command.ts';
import { type CaseOptions, openCase } from '../debug/open-case.ts';
import { EXIT } from '../io.ts';
import { answerOption, type PolicyOptions, readPolicy } from '../read-policy.ts';

interface Options extends CaseOptions, PolicyOptions {
  readonly to?: string;
  readonly edit?: readonly string[];
  readonly command?: readonly string[];
  readonly save?: string;
  readonly inspect?: number | true;
  readonly inspectBrk?: number | true;
}

const gather = (text: string, before: string[] | undefined) => [...(before ?? []), text];

export function addDebug(program: Command, host: CliHost): void {
  addCommand<Options>(program, host, {
    usage: 'debug [run]',
    summary: 'run a historical run again in isolation, step by step, forward and back, and ask "what if"',
    // It talks with whoever sits at this terminal: another process only hands over the run and its code.
    isHost: true,
    options: [
      option('--with <version>', 'another version than the one that made the run: @5'),
      option('--source', 'the working tree instead of a version'),
      option('--to <place>', 'a step, the number of a moment, event:<id>, or end'),
      option('--edit <step=json>', 'let a step be answered so; again for more; @file.json reads a file').argParser(
        gather,
      ),
      option('--command <lines>', 'commands of the debugger instead of typing them: "g assess; p; d"').argParser(
        gather,
      ),
      answerOption('recorded'),
      option('--history <file>', 'a history file of plain Temporal workflows'),
      option('--workflows <path>', 'their code: the file or folder that exports them'),
      option('--save <file>', 'all that the debugger needs in one file, to debug elsewhere; - for standard output'),
      option('--inspect [port]', "Node's inspector for breakpoints in the workflow's source", readPort),
      option('--inspect-brk [port]', 'the same, and stand still where the workflow begins', readPort),
    ],
    examples: [
      ['mission debug refund-17', 'by workflow id, run id, recording, or the folder of a regression case'],
      [
        `mission debug refund-17 --edit 'assess#1={"approve":true,"reason":"damaged"}'`,
        'what if the model had said so',
      ],
      ['mission debug refund-17 --source --inspect-brk', 'the working tree, under a debugger'],
      ['mission debug --history run.json --workflows src/workflows', 'plain Temporal workflows'],
    ],
    run,
  });
}

function readPort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port < 65_536) return port;
  throw new InvalidArgumentError('A port between 0 and 65535 is wanted.');
}

async function run(call: Call<Options>): Promise<number> {
  const opened = await openCase(call);
  if (call.options.save !== undefined) return save(call, opened, call.options.save);
  const [{ DebugSession }, player] = await Promise.all([import('../../debug/session.ts'), playerOf(call, opened)]);
  const session = await DebugSession.open(player, opened.recording.histories).catch(async (error: unknown) => {
    await player.close();
    throw error;
  });
  try {
    return await work(call, opened, session);
  } finally {
    await session.close();
  }
}

async function save({ context, output }: Call<Options>, opened: DebugCase, file: string): Promise<number> {
  const { serialiseCase } = await import('../../debug/saved-case.ts');
  const text = serialiseCase(opened);
  if (file === '-') {
    output.raw(text);
    return EXIT.ok;
  }
  const path = context.path(file);
  await writeFile(path, text).catch((error: unknown) => {
    throw new MissionError('USAGE', `${path} cannot be written: ${messageOf(error)}.`, {
      remedy: 'Name a file in a folder that is there and may be written.',
      cause: error,
    });
  });
  await output.result({ file: path }, () => `Written to ${path}. Debug it anywhere with: mission debug ${file}`);
  return EXIT.ok;
}

async function playerOf(call: Call<Options>, { recording, program }: DebugCase): Promise<Player> {
  const { context, options, output } = call;
  const { answers, limits, reads } = await readPolicy(options, context);
  const { histories, end, trace: _, input: __, ...summary } = recording;
  const input = { summary, end, histories };
  const asked = options.inspectBrk ?? options.inspect;
  if (asked === undefined) {
    const { startPlayer } = await import('../../debug/process-player.ts');
    const player = startPlayer(program, input, { answers, limits, reads });
    // Whatever it is at: code that hangs would be waited for.
    call.io.signal.addEventListener('abort', () => void player.close(), { once: true });
    return player;
  }
  const [{ inspectedBundle }, { startInspected }] = await Promise.all([
    import('../../debug/inspected-bundle.ts'),
    import('../../debug/inspect.ts'),
  ]);
  const bundle = await inspectedBundle(program, context.root, context.inside('debug'));
  for (const [source, copy] of bundle.copies) {
    output.note(`${source} has changed since ${program.name}: set breakpoints in ${copy}`);
  }
  return startInspected(program, bundle, input, {
    answers,
    limits,
    reads,
    port: asked === true ? 9229 : asked,
    breaks: options.inspectBrk !== undefined,
    onListening: (url) => output.note(`Waiting for a debugger at ${url}`),
  });
}

async function work(call: Call<Options>, opened: DebugCase, session: DebugSession): Promise<number> {
  const { options, output, io } = call;
  const { performLine, readEdit } = await import('../debug/debug-lines.ts');
  for (const text of options.edit ?? []) {
    const { target, answer } = await readEdit(text, call);
    await session.edit(target, answer);
  }
  if (options.to !== undefined) session.to(options.to);
  const lines = (options.command ?? []).flatMap((text) => splitLines(text));
  if (output.json) return printJson(call, opened, session, lines);
  const { recording, program } = opened;
  output.raw(`${output.palette.bold(recording.workflowId)}  ${program.name}\n`);
  const isScript = options.command !== undefined || io.ask === undefined;
  if (!isScript) return converse(call, session);
  for (const line of lines.length > 0 ? lines : defaultLines(options)) {
    const { text, over } = await performLine(session, line, call);
    if (over) break;
    output.raw(`${text}\n`);
  }
  return EXIT.ok;
}

/** Without commands: everything at a glance, and what edits changed. */
function defaultLines({ edit, to, with: version, source }: Options): string[] {
  const compares = edit !== undefined || version !== undefined || source === true;
  return [to === undefined ? 'l' : 'p', ...(compares ? ['d'] : [])];
}

/** Commands are apart by semicolons; those within JSON are its own. */
function splitLines(text: string): string[] {
  return text
    .split(/;\s*(?=[a-z?]+(?:\s|;|$))/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

async function printJson(
  call: Call<Options>,
  { recording, program }: DebugCase,
  session: DebugSession,
  lines: readonly string[],
): Promise<number> {
  const { performLine } = await import('../debug/debug-lines.ts');
  for (const line of lines) if ((await performLine(session, line, call)).over) break;
  const { workflowId, runId } = recording;
  const { moments, moment, edits } = session;
  const shown = {
    run: { workflowId, runId },
    with: program.name,
    position: moment.index,
    moment,
    state: await session.state(),
    edits,
    difference: session.difference(),
    moments,
  };
  await call.output.result(shown, () => '');
  return EXIT.ok;
}

/** Until the person has enough. Mistakes are told, and end nothing. */
async function converse(call: Call<Options>, session: DebugSession): Promise<number> {
  const { io, output } = call;
  let line: string | undefined = 'p';
  let last = 'n';
  output.note('h tells the commands.');
  while (line !== undefined && !io.signal.aborted) {
    const given: string = line.trim() === '' ? last : line;
    if (/^\s*[nb]/.test(given)) last = given;
    if (await isOver(call, session, given)) break;
    line = await io.ask?.(`${output.palette.cyan(`${session.moment.index}`)}> `);
  }
  return EXIT.ok;
}

async function isOver(call: Call<Options>, session: DebugSession, line: string): Promise<boolean> {
  const { performLine } = await import('../debug/debug-lines.ts');
  try {
    const { text, over = false } = await performLine(session, line, call);
    if (!over) call.output.raw(`${text}\n`);
    return over;
  } catch (error) {
    // An answer that makes the code hang costs that edit, and not the session.
    if (!isMissionError(error, 'USAGE') && !isMissionError(error, 'DEBUG_FAILED')) throw error;
    call.output.note(`${error.message}${error.remedy === undefined ? '' : `\n${error.remedy}`}`);
    return false;
  }
}

/** The commands of the debugger: one line in, text out. */
import type { EditedAnswer } from '../../debug/edit.ts';
import type { DebugSession } from '../../debug/session.ts';
import { MissionError } from '../../shared/errors.ts';
import type { Call } from '../command.ts';
import { readJsonInput } from '../read-values.ts';
import { differenceText, listText, momentText, stateText } from './moment-text.ts';

const DEBUG_HELP = `  n [count]        next moment              b [count]   back
  g <place>        go to a step, a moment's number, event:<id>, start, end
  p                print the moment         s           state: queries, stacks, memo
  l                list all moments         d           difference to what was recorded
  e <step> <json>  let the step be answered so, and go on ("what if"); @file.json reads a file;
                   e <step> !<message> lets it fail; e input <json> starts it otherwise,
                   e event:<id> <json> tells it another signal or update; in the second link
                   of a chain steps are <step>/2, events event:<id>/2
  r                forget all edits         h           this help
  q                quit                     (an empty line repeats the last n or b)`;

/** What a line led to; `over` when the debugger is to end. */
export interface LineResult {
  readonly text: string;
  readonly over?: true;
}

type Perform = (session: DebugSession, rest: string, call: Call<unknown>) => Promise<LineResult> | LineResult;

const moment = (session: DebugSession, { output }: Call<unknown>): LineResult => ({
  text: momentText(session, output),
});

const COMMANDS: Readonly<Record<string, Perform>> = {
  n: (session, rest, call) => step(session, rest, call, () => session.next(), 'That was the last moment.'),
  b: (session, rest, call) => step(session, rest, call, () => session.back(), 'That was the first moment.'),
  g: (session, rest, call) => {
    session.to(rest);
    return moment(session, call);
  },
  p: (session, _, call) => moment(session, call),
  s: async (session, _, { output }) => ({ text: stateText(await session.state(), session.moment, output) }),
  l: (session, _, { output }) => ({ text: listText(session, output) }),
  d: (session, _, { output }) => ({ text: differenceText(session.difference(), output) }),
  e: async (session, rest, call) => {
    const { target, answer } = await readEdit(rest, call);
    await session.edit(target, answer);
    return { text: `${momentText(session, call.output)}\n\n${differenceText(session.difference(), call.output)}` };
  },
  r: async (session, _, call) => {
    await session.reset();
    return moment(session, call);
  },
  h: () => ({ text: DEBUG_HELP }),
  q: () => ({ text: '', over: true }),
};

const NAMES: Readonly<Record<string, string>> = {
  next: 'n',
  back: 'b',
  to: 'g',
  go: 'g',
  goto: 'g',
  print: 'p',
  state: 's',
  list: 'l',
  diff: 'd',
  edit: 'e',
  reset: 'r',
  help: 'h',
  quit: 'q',
  exit: 'q',
  '?': 'h',
};

/** Performs one line. @throws MissionError `USAGE` for a line that is no command, or that names what is not there. */
export async function performLine(session: DebugSession, line: string, call: Call<unknown>): Promise<LineResult> {
  const [, word = '', rest = ''] = /^\s*(\S+)\s*([\s\S]*?)\s*$/.exec(line) ?? [];
  const perform = COMMANDS[NAMES[word] ?? word];
  if (perform !== undefined) return perform(session, rest, call);
  throw new MissionError('USAGE', `The debugger has no command "${word}".`, { remedy: `Commands:\n${DEBUG_HELP}` });
}

function step(
  session: DebugSession,
  rest: string,
  call: Call<unknown>,
  move: () => boolean,
  atEnd: string,
): LineResult {
  const count = Math.max(1, Number(rest) || 1);
  let moved = 0;
  while (moved < count && move()) moved += 1;
  return moved === 0 ? { text: call.output.palette.dim(atEnd) } : moment(session, call);
}

/** `assess#1 {"approve":true}`, `assess#1=@file.json`, `getOrder#1 !no such order`. */
export async function readEdit(
  text: string,
  call: Call<unknown>,
): Promise<{ readonly target: string; readonly answer: EditedAnswer }> {
  const [, target = '', value = ''] = /^([^\s=]+)[\s=]+([\s\S]+)$/.exec(text.trim()) ?? [];
  if (target === '') {
    throw new MissionError('USAGE', `"${text}" names no step with its answer.`, {
      remedy: `e assess#1 {"approve":true}, or on the command line: --edit 'assess#1={"approve":true}'.`,
    });
  }
  if (value.startsWith('!')) return { target, answer: { failure: { message: value.slice(1).trim(), type: 'Edited' } } };
  return { target, answer: { result: await readJsonInput(value, `The answer of ${target}`, call) } };
}

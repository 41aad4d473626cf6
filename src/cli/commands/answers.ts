import type { Command } from 'commander';
import { cell, tableLines } from '../../compare/render/layout.ts';
import type { AnswerTotal } from '../../registry/answers.ts';
import { MissionError } from '../../shared/errors.ts';
import { addCommand, type Call, type CliHost, option } from '../command.ts';
import { EXIT } from '../io.ts';
import type { Output } from '../output.ts';
import { readSince } from '../read-values.ts';
import { atMinute, counted } from '../words.ts';

interface ClearOptions {
  readonly before?: string;
  readonly all?: boolean;
}

export function addAnswers(program: Command, host: CliHost): void {
  const answers = program
    .command('answers')
    .description('answers that replays asked for anew, kept to be paid for once');
  addCommand(answers, host, {
    usage: 'list [mission]',
    summary: 'what is kept, by prompt and tool',
    run: list,
  });
  addCommand<ClearOptions>(answers, host, {
    usage: 'clear [mission]',
    summary: 'delete kept answers; the next replay asks again',
    options: [
      option(
        '--before <when>',
        'asked before: 2026-03-01, or 30d',
        readSince(() => new Date()),
      ),
      option('--all', 'of every mission'),
    ],
    examples: [['mission answers clear --all --before 30d', 'what is older than thirty days']],
    run: clear,
  });
}

async function list({ context, output, args: [mission] }: Call<object>): Promise<number> {
  const totals = await (await context.registry()).answers.totals({ mission });
  await output.result({ answers: totals }, () => listText(totals, output));
  return EXIT.ok;
}

function listText(totals: readonly AnswerTotal[], { palette, width }: Output): string {
  if (totals.length === 0) return 'No answers are kept.';
  const rows = totals.map(({ mission, kind, name, answers, inputTokens, outputTokens, bytes, oldest, newest }) => [
    cell(mission, palette.bold, { flexible: true }),
    cell(`${kind} ${name}`, undefined, { flexible: true }),
    cell(counted(answers, 'answer'), undefined, { align: 'right' }),
    cell(counted(inputTokens + outputTokens, 'token'), palette.dim, { align: 'right' }),
    cell(`${Math.ceil(bytes / 1_024)} kB`, palette.dim, { align: 'right' }),
    cell(`${atMinute(oldest)} to ${atMinute(newest)}`, palette.dim),
  ]);
  return tableLines(rows, width).join('\n');
}

async function clear({ context, output, options, args: [mission] }: Call<ClearOptions>): Promise<number> {
  if ((mission === undefined) !== (options.all === true)) {
    throw new MissionError('USAGE', 'Say of which mission, or of all.', {
      remedy: 'mission answers clear <mission>, or mission answers clear --all.',
    });
  }
  const removed = await (await context.registry()).answers.remove({ mission, before: options.before });
  await output.result({ removed }, () => `${counted(removed, 'answer')} deleted.`);
  return EXIT.ok;
}

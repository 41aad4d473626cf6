import type { Command } from 'commander';
import { describeValue, printable } from '../../compare/describe.ts';
import { wrapText } from '../../compare/render/layout.ts';
import type { OpenDecision, UnreadableRun } from '../../decisions/open-decisions.ts';
import { withRemedy } from '../../shared/errors.ts';
import { addCommand, type Call, type CliHost, option } from '../command.ts';
import { EXIT } from '../io.ts';
import type { Output } from '../output.ts';
import { readCount } from '../read-values.ts';
import { atMinute, unreadableRuns } from '../words.ts';

interface Options {
  readonly limit: number;
}

export function addDecisions(program: Command, host: CliHost): void {
  addCommand<Options>(program, host, {
    usage: 'decisions [mission]',
    summary: 'list what runs hold for a person to decide',
    options: [option('--limit <count>', 'at most so many, the oldest first', readCount).default(50)],
    examples: [['mission decisions', 'each with the command that answers it']],
    run,
  });
}

async function run({ context, output, options, args: [mission] }: Call<Options>): Promise<number> {
  const { client } = await context.temporal();
  const { listOpenDecisions } = await import('../../decisions/open-decisions.ts');
  const unreadable: UnreadableRun[] = [];
  const onUnreadable = (one: UnreadableRun) => void unreadable.push(one);
  const open = await listOpenDecisions({ client, mission, limit: options.limit, onUnreadable });
  await output.result(open, () => decisionsText(open, options, output));
  const [first] = unreadable;
  if (first !== undefined) output.note(unreadableRuns(unreadable.length, withRemedy(first.error)));
  return EXIT.ok;
}

function decisionsText(open: readonly OpenDecision[], { limit }: Options, output: Output): string {
  if (open.length === 0)
    return 'Nothing waits for a decision. A question that was just asked shows after a second or so.';
  const more = open.length === limit ? [output.palette.dim(`The oldest ${limit}; --limit shows more.`)] : [];
  return [...open.map((question) => questionLines(question, output).join('\n')), ...more].join('\n\n');
}

function questionLines(decision: OpenDecision, { palette, width }: Output): string[] {
  const { workflowId, step, version, mission, question, options, evidence, runStartedAt } = decision;
  const ways = options.map((name) => `--option ${name}`).join(' | ');
  return [
    `${palette.bold(printable(question))}  ${palette.dim(`${version ?? mission}, run of ${atMinute(runStartedAt)} UTC`)}`,
    ...wrapText(describeValue(evidence), width - 2).map((line) => `  ${line}`),
    `  ${palette.cyan(`mission decide ${printable(workflowId)} ${printable(step)}`)} ${printable(ways)}`,
  ];
}

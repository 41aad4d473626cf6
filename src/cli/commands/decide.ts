import type { Command } from 'commander';
import { addCommand, type Call, type CliHost, option } from '../command.ts';
import { EXIT } from '../io.ts';

interface Options {
  readonly option: string;
  readonly by?: string;
  readonly comment?: string;
}

export function addDecide(program: Command, host: CliHost): void {
  addCommand<Options>(program, host, {
    usage: 'decide <run> [step]',
    summary: 'answer a question that a run holds for a person',
    options: [
      option('--option <option>', 'one of the options that mission decisions shows').makeOptionMandatory(),
      option('--by <name>', 'who decides (default: who runs this command)'),
      option('--comment <text>', 'why; it stays in the trace'),
    ],
    examples: [['mission decide refund-17 --option refund --comment "checked by phone"', '']],
    run,
  });
}

async function run({ context, output, options, args }: Call<Options>): Promise<number> {
  const [workflowId = '', step] = args;
  const { client } = await context.temporal();
  const { decide } = await import('../../decisions/decide.ts');
  const by = options.by ?? context.actor;
  const decided = await decide({ client, workflowId, step, option: options.option, by, comment: options.comment });
  const { palette } = output;
  await output.result(
    decided,
    () =>
      `${palette.green('✓')} ${decided.question} ${palette.bold(decided.option)}, by ${decided.by} (${decided.step})`,
  );
  return EXIT.ok;
}

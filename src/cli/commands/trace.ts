import type { Command } from 'commander';
import { addCommand, type Call, type CliHost, option } from '../command.ts';
import { findRun } from '../find-run.ts';
import { EXIT } from '../io.ts';

interface Options {
  readonly full?: boolean;
}

export function addTrace(program: Command, host: CliHost): void {
  addCommand<Options>(program, host, {
    usage: 'trace <run>',
    summary: 'tell what a run did and why: its steps with what was asked, answered and reasoned',
    options: [option('--full', 'nothing is shortened')],
    examples: [['mission trace refund-17', 'by workflow id, run id, or the id of a recording']],
    run,
  });
}

async function run(call: Call<Options>): Promise<number> {
  const { output, options, args } = call;
  const { recording } = await findRun(call, args[0] ?? '');
  const { traceText } = await import('../trace-text.ts');
  const { histories: _, ...shown } = recording;
  await output.result(shown, () => traceText(recording, output, options.full === true));
  return EXIT.ok;
}

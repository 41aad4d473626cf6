import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { Explanation } from '../../release/explanation.ts';
import { MissionError, messageOf } from '../../shared/errors.ts';
import { addCommand, type Call, type CliHost, option } from '../command.ts';
import { findRun } from '../find-run.ts';
import { EXIT } from '../io.ts';
import { releaseLines } from '../release-text.ts';
import { definitionLines, factLines } from './show.ts';

interface Options {
  readonly out?: string;
  readonly full?: boolean;
}

export function addExplain(program: Command, host: CliHost): void {
  addCommand<Options>(program, host, {
    usage: 'explain <run>',
    summary: 'which logic was applied to a decision: version, who released it on what evidence, definition, trace',
    options: [
      option('--out <file>', 'all of it as one JSON file for mission audit check, which needs no registry'),
      option('--full', 'nothing is shortened'),
    ],
    examples: [
      ['mission explain refund-17', 'by workflow id, run id, or the id of a recording'],
      ['mission explain refund-17 --out refund-17.json', 'for an auditor'],
    ],
    run,
  });
}

async function run(call: Call<Options>): Promise<number> {
  const { context, output, options, args } = call;
  const { recording, isRecorded } = await findRun(call, args[0] ?? '');
  const registry = await context.registry();
  const [{ explainRun }, { traceText }] = await Promise.all([
    import('../../release/explain-run.ts'),
    import('../trace-text.ts'),
  ]);
  const explanation = await explainRun({ registry, recording, isRecorded });
  if (options.out !== undefined) {
    const file = context.path(options.out);
    await write(file, explanation);
    const trail = explanation.audit.kind === 'entries' ? ' --trail <mission audit export>' : '';
    await output.result(
      { file },
      () =>
        `Written to ${file}. Prove it anywhere by a head that was kept: mission audit check ${options.out}${trail} --head <head>`,
    );
    return EXIT.ok;
  }
  await output.result(explanation, () =>
    [
      ...factLines(explanation.version, output),
      '',
      ...releaseLines(explanation, output),
      '',
      ...definitionLines(explanation.manifest.definition, output),
      '',
      traceText(recording, output, options.full === true),
      ...(isRecorded
        ? []
        : ['', output.palette.dim('The run is not recorded yet: nothing of the trace is in the audit trail.')]),
    ].join('\n'),
  );
  return EXIT.ok;
}

async function write(file: string, explanation: Explanation): Promise<void> {
  await writeFile(file, `${JSON.stringify(explanation, null, 2)}\n`).catch((error: unknown) => {
    throw new MissionError('USAGE', `The explanation cannot be written to ${file}: ${messageOf(error)}.`, {
      remedy: 'Name a file in a folder that is there and may be written.',
      cause: error,
    });
  });
}

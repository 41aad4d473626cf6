import type { Command } from 'commander';
import { Option } from 'commander';
import type { Report } from '../../compare/report.ts';
import type { Registry } from '../../registry/registry.ts';
import { shortDigest } from '../../shared/digest.ts';
import type { Json } from '../../shared/json.ts';
import { addCommand, type Call, type CliHost, option } from '../command.ts';
import { EXIT } from '../io.ts';
import type { Output } from '../output.ts';
import type { ReportFormat } from '../report-files.ts';

interface Options {
  readonly format: ReportFormat;
  readonly mission?: string;
  readonly check?: boolean;
}

export function formatOption(): Option {
  return new Option('--format <form>', 'how the report is printed')
    .choices(['terminal', 'markdown', 'json', 'junit'])
    .default('terminal');
}

export function addReport(program: Command, host: CliHost): void {
  addCommand<Options>(program, host, {
    usage: 'report [digest]',
    summary: 'print a stored report again (default: the latest)',
    options: [
      formatOption(),
      option('--mission <name>', 'the latest of this mission'),
      option('--check', 'whether its recordings still are what was replayed, by the digest of the cohort'),
    ],
    examples: [
      ['mission report 9f31c0a2 --format markdown', 'the first digits of its digest, or of its cohort, are enough'],
      ['mission report reports/report.json --check', 'proves its cohort; deleted recordings are named'],
    ],
    run,
  });
}

async function run({ context, output, options, args: [text = 'latest'] }: Call<Options>): Promise<number> {
  const registry = await context.registry();
  const { findReport } = await import('../find-report.ts');
  const report = await findReport(registry, { text, mission: options.mission, pathOf: (path) => context.path(path) });
  if (options.check === true) return check(registry, report, output);
  const { renderReport } = await import('../report-files.ts');
  output.raw(renderReport(report, output.json ? 'json' : options.format, output));
  return EXIT.ok;
}

const EXITS = { same: EXIT.ok, changed: EXIT.refused, unproven: EXIT.inconclusive } as const;

/** Whether the recordings still are what was replayed. */
async function check(registry: Registry, report: Report, output: Output): Promise<number> {
  const { checkCohort } = await import('../../release/check-cohort.ts');
  const found = await checkCohort(registry, report);
  const { verdict, reason, cohort, deleted, missing, altered } = found;
  const { green, red, yellow, dim } = output.palette;
  const mark = { same: green('✓ same'), changed: red('✗ changed'), unproven: yellow('? unproven') }[verdict];
  output.line(
    found as unknown as Json,
    `${mark}  cohort ${shortDigest(cohort)} of report ${shortDigest(report.digest)}: ${reason}`,
  );
  if (output.json) return EXITS[verdict];
  for (const { id, reason: why, deletedAt } of deleted) output.raw(dim(`  deleted  ${id}  ${deletedAt}  ${why}\n`));
  for (const id of missing) output.raw(`  not here ${id}\n`);
  for (const id of altered) output.raw(red(`  altered  ${id}\n`));
  return EXITS[verdict];
}

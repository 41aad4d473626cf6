import type { Command } from 'commander';
import { Option } from 'commander';
import type { Report } from '../../compare/report.ts';
import type { Registry } from '../../registry/registry.ts';
import { MissionError } from '../../shared/errors.ts';
import { addCommand, type Call, type CliHost, option } from '../command.ts';
import { EXIT } from '../io.ts';
import type { ReportFormat } from '../report-files.ts';

interface Options {
  readonly format: ReportFormat;
  readonly mission?: string;
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
    options: [formatOption(), option('--mission <name>', 'the latest of this mission')],
    examples: [['mission report 9f31c0a2 --format markdown', 'the first digits of its digest are enough']],
    run,
  });
}

async function run({ context, output, options, args: [text = 'latest'] }: Call<Options>): Promise<number> {
  const registry = await context.registry();
  const report = (await registry.reports.get(await digestOf(registry, text, options.mission))) as unknown as Report;
  const { renderReport } = await import('../report-files.ts');
  output.raw(renderReport(report, output.json ? 'json' : options.format, output));
  return EXIT.ok;
}

const REPORTS_SEARCHED = 10_000;

async function digestOf({ reports }: Registry, text: string, mission: string | undefined): Promise<string> {
  const filter = mission === undefined ? {} : { mission };
  if (text === 'latest') {
    const [newest] = await reports.list({ ...filter, limit: 1 });
    if (newest !== undefined) return newest.digest;
    throw unknown(mission === undefined ? 'There are no reports yet.' : `There are no reports on ${mission} yet.`);
  }
  const digits = text.replace(/^sha256:/, '').toLowerCase();
  const found = (await reports.list({ ...filter, limit: REPORTS_SEARCHED })).filter(({ digest }) =>
    digest.startsWith(`sha256:${digits}`),
  );
  const [only, other] = found;
  if (only !== undefined && other === undefined) return only.digest;
  throw unknown(only === undefined ? `There is no report "${text}".` : `${found.length} reports begin with "${text}".`);
}

function unknown(message: string): MissionError {
  return new MissionError('REPORT_UNKNOWN', message, {
    remedy: 'mission log lists reports with the first digits of their digests; mission replay makes one.',
  });
}

import type { Command } from 'commander';
import { cell, tableLines } from '../../compare/render/layout.ts';
import type { ShadowGroup, ShadowReport } from '../../shadow/shadow-report.ts';
import { MissionError } from '../../shared/errors.ts';
import { addCommand, type Call, type CliHost, option } from '../command.ts';
import { EXIT } from '../io.ts';
import type { Output } from '../output.ts';
import { readSince } from '../read-values.ts';

interface Options {
  readonly since?: string;
}

export function addShadow(program: Command, host: CliHost): void {
  addCommand<Options>(program, host, {
    usage: 'shadow [version]',
    summary: 'what candidates did beside real runs: how many were the same, and what was different',
    options: [
      option(
        '--since <when>',
        'only of runs since: 2026-03-01, or 12h',
        readSince(() => new Date()),
      ),
    ],
    examples: [
      ['mission shadow refund-eligibility@5', 'of one candidate'],
      ['mission shadow', 'of all versions that shadow, or have shadowed'],
    ],
    run,
  });
}

async function run({ context, output, options, args: [given] }: Call<Options>): Promise<number> {
  const registry = await context.registry();
  const { shadowReport, shadowedVersions } = await import('../../shadow/shadow-report.ts');
  const ref = given?.includes('@') === true ? await context.ref(given) : undefined;
  const mission = ref?.mission ?? (await context.mission(given));
  const numbers = ref === undefined ? await shadowedVersions(registry, mission) : [ref.number];
  if (numbers.length === 0) throw nothingShadowed(mission);
  const reports = await Promise.all(
    numbers.map(async (number) => {
      await registry.versions.get(mission, number);
      return shadowReport({ registry, ref: { mission, number }, since: options.since });
    }),
  );
  await output.result({ shadows: reports }, () => reports.map((report) => reportText(report, output)).join('\n\n'));
  return EXIT.ok;
}

function nothingShadowed(mission: string): MissionError {
  return new MissionError('USAGE', `No version of ${mission} shadows real runs, or has.`, {
    remedy: `mission route set ${mission} … --shadow @<number>=10% --reason "…"`,
    details: { mission },
  });
}

function reportText(report: ShadowReport, { palette, width }: Output): string {
  const { ref, share, compared, counts, open, notStarted, groups } = report;
  const standing = share === 0 ? 'does not shadow any more' : `shadows ${share / 100} % of the real runs`;
  const { matched, changed, diverged, unanswered, failed, excluded } = counts;
  const same = matched + diverged;
  const rate = compared === 0 ? '' : `; the same end and writes in ${((100 * same) / compared).toFixed(1)} %`;
  const beside = [
    ...(open === 0 ? [] : [`${open} still under way`]),
    ...(excluded === 0 ? [] : [`${excluded} not counted`]),
    ...(notStarted === 0 ? [] : [`${notStarted} could not be started`]),
  ];
  return [
    `${palette.bold(ref)}  ${standing}`,
    `  ${compared} compared: ${matched} matched, ${changed} changed, ${diverged} diverged, ${unanswered} unanswered, ${failed} failed${rate}`,
    ...(beside.length === 0 ? [] : [palette.dim(`  ${beside.join(', ')}`)]),
    ...(groups.length === 0
      ? []
      : [
          '',
          ...tableLines(
            groups.slice(0, GROUPS_SHOWN).map((group) => groupCells(group, palette)),
            width,
          ),
        ]),
    ...(groups.length > GROUPS_SHOWN ? [palette.dim(`  … ${groups.length - GROUPS_SHOWN} more; --json has all`)] : []),
  ].join('\n');
}

const GROUPS_SHOWN = 12;

function groupCells({ outcome, where, what, count, examples }: ShadowGroup, palette: Output['palette']) {
  const paint = { changed: palette.red, failed: palette.red, unanswered: palette.yellow, diverged: palette.yellow }[
    outcome as string
  ];
  return [
    cell(String(count), undefined, { align: 'right' }),
    cell(outcome, paint ?? palette.dim),
    cell(where, palette.bold),
    cell(what, undefined, { flexible: true }),
    cell(examples.join(', '), palette.dim, { flexible: true }),
  ];
}

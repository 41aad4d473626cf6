import { relative } from 'node:path';
import type { Command } from 'commander';
import type { Artifact } from '../../artifact/artifact.ts';
import {
  coverageWords,
  neverTaken,
  partlyCovered,
  partName,
  unreachedWords,
} from '../../compare/render/terminal-coverage.ts';
import { liveWords } from '../../compare/render/words.ts';
import type { Report, Verdict } from '../../compare/report.ts';
import type { ReplayPolicy } from '../../gate/policy.ts';
import type { Fixture } from '../../recording/fixtures.ts';
import type { Registry } from '../../registry/registry.ts';
import type { CaseResult, TriedCases } from '../../release/try-cases.ts';
import { isMissionError, MissionError } from '../../shared/errors.ts';
import { formatVersionRef } from '../../shared/version-ref.ts';
import { addCommand, type Call, type CliHost, listOption, option } from '../command.ts';
import { EXIT } from '../io.ts';
import type { Output } from '../output.ts';
import { type PolicyOptions, readPolicy } from '../read-policy.ts';
import { readCount } from '../read-values.ts';
import { counted } from '../words.ts';

interface Options extends PolicyOptions {
  readonly dir: string;
  readonly version?: string;
  readonly list?: boolean;
  readonly out?: string;
  readonly workers?: number;
}

export function addCases(program: Command, host: CliHost): void {
  addCommand<Options>(program, host, {
    usage: 'cases [mission]',
    summary: 'replay the regression cases of the repository on the source as it is; needs no registry and no server',
    options: [
      option('--dir <folder>', 'where regression cases are').default('replay-fixtures'),
      option('--version <ref>', 'a published version instead of the source'),
      option('--list', 'only say which cases there are: who added each, why, and what it guards against'),
      listOption('--policy <file or flag>', 'a policy file, or a flag such as model=live (docs/policy.md)'),
      listOption('--answer <kind=way>', 'how steps without an exact recorded answer are answered: model=live'),
      option('--out <folder>', 'write report.json, report.md and junit.xml there, in a folder per mission'),
      option('--workers <count>', 'processes (default: one per processor)', readCount),
    ],
    examples: [
      ['mission cases', 'all cases, in CI and before a commit'],
      ['mission cases --answer model=live', 'where a prompt was changed on purpose'],
      ['mission cases refund-eligibility --version @5', 'a version of the registry'],
    ],
    run,
  });
}

async function run(call: Call<Options>): Promise<number> {
  const { options, output } = call;
  const byMission = await readCases(call);
  if (options.list === true) {
    const all = [...byMission.values()].flat();
    await output.result(
      all.map(({ directory, case: kept }) => ({ directory, ...kept })),
      () => all.map((fixture) => listLines(fixture, call).join('\n')).join('\n'),
    );
    return EXIT.ok;
  }
  const { worstVerdict } = await import('../../release/try-cases.ts');
  const { exitCodeOf } = await import('../../gate/evaluate-gate.ts');
  const tried: TriedCases[] = [];
  for (const [mission, fixtures] of byMission) tried.push(await tryMission(call, mission, fixtures));
  const verdict = worstVerdict(tried.map(({ report }) => report.verdict.verdict));
  await output.result(
    {
      verdict,
      missions: tried.map(({ report, cases }) => ({
        mission: report.mission,
        report: report.digest,
        cases,
        coverage: report.coverage,
      })),
    },
    () => [...tried.map((one) => triedText(one, call)), sumText(tried, verdict, output)].join('\n\n'),
  );
  return exitCodeOf({ verdict, reasons: [] });
}

/** By mission, in the order of their names. */
async function readCases({ context, options, args: [given], output }: Call<Options>): Promise<Map<string, Fixture[]>> {
  const { readFixtures } = await import('../../recording/fixtures.ts');
  const found = new Map<string, Fixture[]>();
  let plain = 0;
  for await (const fixture of readFixtures([context.path(options.dir)], await context.vault())) {
    const { mission } = fixture.case;
    if (mission === undefined) plain += 1;
    else if (given === undefined || given === mission) found.set(mission, [...(found.get(mission) ?? []), fixture]);
  }
  if (plain > 0) {
    output.note(
      `${counted(plain, 'case')} of plain workflows left out: mission replay --workflows … --histories ${options.dir}`,
    );
  }
  if (found.size > 0) return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
  const of = given === undefined ? '' : ` of ${given}`;
  throw new MissionError('FIXTURE_INVALID', `There is no regression case${of} in ${context.path(options.dir)}.`, {
    remedy: 'Keep a recorded run with: mission case add <run> --expect … --why …; or name another folder with --dir.',
    details: { folder: options.dir },
  });
}

async function tryMission(call: Call<Options>, mission: string, fixtures: readonly Fixture[]): Promise<TriedCases> {
  const { context, options, output, io } = call;
  const [{ tryCases }, policy] = await Promise.all([
    import('../../release/try-cases.ts'),
    readPolicy(options, context),
  ]);
  const progress = output.progress(mission);
  try {
    progress.say(`${options.version === undefined ? 'bundling the source' : options.version}`);
    const { name, candidate, findArtifact } = await candidateOf(call, mission);
    let done = 0;
    const tried = await tryCases({
      name,
      candidate,
      fixtures,
      findArtifact,
      policy,
      registry: await answersFor(policy, call),
      workers: options.workers,
      signal: io.signal,
      onCase: () => progress.update(++done, fixtures.length),
    });
    if (options.out !== undefined) {
      const { writeReportFiles } = await import('../report-files.ts');
      await writeReportFiles(tried.report, context.path(`${options.out}/${mission}`));
    }
    return tried;
  } finally {
    progress.end();
  }
}

/** Where answers are kept: only a policy that lets something be asked needs a registry, and goes without when there is none. */
async function answersFor(policy: ReplayPolicy, { context, output }: Call<Options>): Promise<Registry | undefined> {
  const { asksAnew } = await import('../../release/live-session.ts');
  if (!asksAnew(policy)) return undefined;
  return context.registry().catch((error: unknown) => {
    if (!isMissionError(error, 'MISSION_UNKNOWN')) throw error;
    output.note('There is no registry here, so answers are not kept: the next time they are asked again.');
    return undefined;
  });
}

interface Candidate {
  readonly name: string;
  readonly candidate: Artifact;
  readonly findArtifact?: (digest: string) => Promise<Artifact | undefined>;
}

async function candidateOf({ context, options }: Call<Options>, mission: string): Promise<Candidate> {
  if (options.version === undefined) {
    const { buildArtifact } = await import('../../artifact/build-artifact.ts');
    return { name: `the source of ${mission}`, candidate: await buildArtifact({ root: context.root, mission }) };
  }
  const { artifacts, versions } = await context.registry();
  const number = await context.ref(options.version.startsWith('@') ? `${mission}${options.version}` : options.version);
  const version = await versions.get(number.mission, number.number);
  return {
    name: formatVersionRef(version),
    candidate: await artifacts.get(version.artifact),
    findArtifact: async (digest) => ((await artifacts.has(digest)) ? artifacts.get(digest) : undefined),
  };
}

function listLines({ directory, case: kept }: Pick<Fixture, 'directory' | 'case'>, call: Call<Options>): string[] {
  const { palette } = call.output;
  const guards = kept.guards === undefined ? 'names no change that it guards against' : `guards against ${kept.guards}`;
  return [
    `${palette.bold(relative(call.io.cwd, directory) || directory)}  ${kept.why}`,
    `    ${palette.dim(`${kept.addedBy}, ${kept.addedAt.slice(0, 10)}, ${guards}`)}`,
  ];
}

function triedText({ report, cases }: TriedCases, call: Call<Options>): string {
  const { palette } = call.output;
  const marks = { right: palette.green('✓'), wrong: palette.red('✗'), unproven: palette.yellow('?') };
  const lines = cases.flatMap((one: CaseResult) => {
    const [first = '', ...others] = listLines(one, call);
    const detail = one.detail === undefined ? [] : [`    ${one.detail}`];
    return [`${marks[one.verdict]} ${first}`, ...detail, ...(one.verdict === 'right' ? [] : others)];
  });
  const { live } = report;
  const asked = live === undefined ? [] : [palette.dim(`  Asked anew: ${liveWords(live)}`)];
  const covered = coverageSentences(report).map((text) => palette.dim(`  ${text}`));
  return [palette.bold(report.candidate.name), ...lines, ...asked, ...covered].join('\n');
}

/** What of the mission its cases exercised: what they do not, no case guards. */
function coverageSentences({ coverage }: Report): string[] {
  if (coverage === undefined || coverage.recordings === 0) return [];
  const partly = partlyCovered(coverage).map((part) => `${partName(part)} never ${neverTaken(part).join(', ')}`);
  return [
    `Coverage: ${coverageWords(coverage)}`,
    ...(partly.length === 0 ? [] : [`Not every branch: ${partly.join('; ')}`]),
    ...unreachedWords(coverage),
  ];
}

function sumText(tried: readonly TriedCases[], verdict: Verdict['verdict'], { palette }: Output): string {
  const cases = tried.flatMap((one) => one.cases);
  const count = (wanted: CaseResult['verdict']) => cases.filter((one) => one.verdict === wanted).length;
  const parts = [
    `${count('right')} of ${counted(cases.length, 'case')} right`,
    ...(count('wrong') > 0 ? [palette.red(`${count('wrong')} wrong`)] : []),
    ...(count('unproven') > 0 ? [palette.yellow(`${count('unproven')} cannot be told`)] : []),
  ];
  const cut = tried.some(({ report }) => report.partial) ? ' (interrupted: not all were replayed)' : '';
  return `${parts.join(', ')}: ${verdict}${cut}`;
}

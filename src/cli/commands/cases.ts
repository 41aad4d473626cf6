import type { Command } from 'commander';
import type { Artifact } from '../../artifact/artifact.ts';
import type { ReplayPolicy } from '../../gate/policy.ts';
import type { Fixture } from '../../recording/fixtures.ts';
import type { Registry } from '../../registry/registry.ts';
import type { TriedCases } from '../../release/case-results.ts';
import { isMissionError, MissionError } from '../../shared/errors.ts';
import { formatVersionRef } from '../../shared/version-ref.ts';
import { listLines, sumText, triedText } from '../cases-text.ts';
import { addCommand, type Call, type CliHost, option } from '../command.ts';
import { EXIT } from '../io.ts';
import { type CodeOptions, codeOptions } from '../plain-code.ts';
import { type PolicyOptions, policyOptions, readPolicy } from '../read-policy.ts';
import { readCount } from '../read-values.ts';
import { tellTried } from '../tell-tried.ts';
import { counted } from '../words.ts';

interface Options extends PolicyOptions, CodeOptions {
  readonly dir: string;
  readonly version?: string;
  readonly workflows?: string;
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
      ...policyOptions(),
      option('--out <folder>', 'write report.json, report.md and junit.xml there, in a folder per mission'),
      option('--workers <count>', 'processes (default: one per processor)', readCount),
      option(
        '--workflows <path>',
        'where the cases of plain workflows have their code: the file or folder that exports it',
      ),
      ...codeOptions(),
    ],
    examples: [
      ['mission cases', 'all cases, in CI and before a commit'],
      ['mission cases --answer model=live', 'where a prompt was changed on purpose'],
      ['mission cases refund-eligibility --version @5', 'a version of the registry'],
      ['mission cases --workflows src/workflows', 'those of plain Temporal workflows too'],
    ],
    run,
  });
}

async function run(call: Call<Options>): Promise<number> {
  const { options, output } = call;
  if (call.args[0] !== undefined && call.options.workflows !== undefined) {
    throw new MissionError('USAGE', `Either the cases of a mission (${call.args[0]}) or --workflows, not both.`, {
      remedy: 'Leave the mission out: all cases are replayed then, those of plain workflows with --workflows.',
    });
  }
  const kept = await readCases(call);
  if (options.list === true) {
    const all = [...kept.byMission.values(), kept.plain].flat();
    await output.result(
      all.map(({ directory, case: document }) => ({ directory, ...document })),
      () => all.map((fixture) => listLines(fixture, call).join('\n')).join('\n'),
    );
    return EXIT.ok;
  }
  const { worstVerdict } = await import('../../release/case-results.ts');
  const { exitCodeOf } = await import('../../gate/evaluate-gate.ts');
  const tried: TriedCases[] = [];
  for (const [mission, fixtures] of kept.byMission) tried.push(await tryMission(call, mission, fixtures));
  tried.push(...(await tryPlain(call, kept)));
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

interface KeptCases {
  /** By mission, in the order of their names. */
  readonly byMission: ReadonlyMap<string, readonly Fixture[]>;
  readonly plain: readonly Fixture[];
}

/** @throws MissionError `FIXTURE_INVALID` when there is none */
async function readCases({ context, options, args: [given] }: Call<Options>): Promise<KeptCases> {
  const { readFixtures } = await import('../../recording/fixtures.ts');
  const found = new Map<string, Fixture[]>();
  const plain: Fixture[] = [];
  for await (const fixture of readFixtures([context.path(options.dir)], await context.vault())) {
    const { mission } = fixture.case;
    if (mission === undefined && given === undefined) plain.push(fixture);
    if (mission === undefined || (given !== undefined && given !== mission)) continue;
    found.set(mission, [...(found.get(mission) ?? []), fixture]);
  }
  if (found.size + plain.length > 0)
    return { byMission: new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1))), plain };
  const of = given === undefined ? '' : ` of ${given}`;
  throw new MissionError('FIXTURE_INVALID', `There is no regression case${of} in ${context.path(options.dir)}.`, {
    remedy: 'Keep a recorded run with: mission case add <run> --expect … --why …; or name another folder with --dir.',
    details: { folder: options.dir },
  });
}

/**
 * Cases of plain workflows say nothing of their code: without it they are left out, and that is said.
 *
 * @throws MissionError `USAGE` when there are no others
 */
async function tryPlain(call: Call<Options>, { byMission, plain }: KeptCases): Promise<TriedCases[]> {
  const { workflows } = call.options;
  if (plain.length === 0) return [];
  if (workflows !== undefined)
    return [await (await import('../plain-cases.ts')).tryPlainCasesOf(call, workflows, plain)];
  const named = 'mission cases --workflows <path>';
  const count = `${counted(plain.length, 'case')} of plain workflows`;
  if (byMission.size === 0) {
    throw new MissionError('USAGE', `There is nothing but ${count}, and no code to replay on is named.`, {
      remedy: `Name the file or folder that exports them: ${named}.`,
    });
  }
  call.output.note(`${count} left out; to replay them, name their code: ${named}`);
  return [];
}

async function tryMission(call: Call<Options>, mission: string, fixtures: readonly Fixture[]): Promise<TriedCases> {
  const { context, options, io } = call;
  const [{ tryCases }, policy] = await Promise.all([
    import('../../release/try-cases.ts'),
    readPolicy(options, context),
  ]);
  const subject = { title: mission, folder: mission, cases: fixtures.length };
  return tellTried(call, subject, async ({ say, onCase }) => {
    say(options.version ?? 'bundling the source');
    const { name, candidate, findArtifact } = await candidateOf(call, mission);
    return tryCases({
      name,
      candidate,
      fixtures,
      findArtifact,
      policy,
      registry: await answersFor(policy, call),
      workers: options.workers,
      signal: io.signal,
      onCase,
    });
  });
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
  const { number } = await context.ref(options.version, mission);
  const { artifacts, versions } = await context.registry();
  const version = await versions.get(mission, number);
  return {
    name: formatVersionRef(version),
    candidate: await artifacts.get(version.artifact),
    findArtifact: async (digest) => ((await artifacts.has(digest)) ? artifacts.get(digest) : undefined),
  };
}

import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Command } from 'commander';
import type { Artifact } from '../../artifact/artifact.ts';
import type { ExpectedEnd } from '../../recording/fixture-case.ts';
import type { History, Recording } from '../../recording/recording.ts';
import { MissionError, messageOf } from '../../shared/errors.ts';
import type { Json } from '../../shared/json.ts';
import { addCommand, type Call, type CliHost, option } from '../command.ts';
import { EXIT } from '../io.ts';
import { outputContracts } from '../output-contracts.ts';
import { readJsonInput } from '../read-values.ts';

interface Options {
  readonly expect?: string;
  readonly expectFailure?: string;
  readonly asRecorded?: boolean;
  readonly why: string;
  readonly guards?: string;
  readonly name?: string;
  readonly dir: string;
  readonly replace?: boolean;
  readonly mission?: string;
}

const COMMON = () => [
  option('--expect <json>', 'the result that is right: JSON, @file.json, or - for standard input'),
  option('--expect-failure <type>', 'it is right that the run fails, with a failure of this type'),
  option('--as-recorded', 'what was recorded is right'),
  option('--why <text>', 'why this case is kept').makeOptionMandatory(),
  option(
    '--guards <change>',
    'the change that it guards against: "@3, which reworded assess" (default: the version that decided otherwise)',
  ),
  option('--name <name>', 'its folder (default: from the workflow id)'),
  option('--dir <folder>', 'where regression cases are').default('replay-fixtures'),
  option('--replace', 'replace a case of this name'),
];

export function addCase(program: Command, host: CliHost): void {
  const cases = program.command('case').description('keep runs as regression cases in the repository');
  addCommand<Options>(cases, host, {
    usage: 'add <run>',
    summary: 'keep a recorded run, with the outcome that is right',
    options: COMMON(),
    examples: [[`mission case add refund-17 --expect '{"approve":true}' --why "denied a damaged item"`, '']],
    run: addRun,
  });
  addCommand<Options>(cases, host, {
    usage: 'import <history>',
    summary: "keep a run from a history file, in any form that Temporal's tools write",
    options: [...COMMON(), option('--mission <name>', 'whose run it is (default: what the run was stamped with)')],
    run: importRun,
  });
}

async function addRun(call: Call<Options>): Promise<number> {
  const { context, args } = call;
  const expected = await expectedEnd(call);
  const { recordings, artifacts } = await context.registry();
  const [{ findRecording }, { fromStoredRecording }] = await Promise.all([
    import('../../release/choose-recordings.ts'),
    import('../../recording/build-recording.ts'),
  ]);
  const summary = await findRecording(recordings, args[0] ?? '');
  const recording = fromStoredRecording(await recordings.get(summary.id));
  const maker = recording.artifact === undefined ? undefined : await artifacts.get(recording.artifact);
  return keep(call, recording, expected, maker);
}

async function importRun(call: Call<Options>): Promise<number> {
  const expected = await expectedEnd(call);
  const file = call.context.path(call.args[0] ?? '');
  const histories = await readHistories(file);
  const { buildRecording } = await import('../../recording/build-recording.ts');
  const recording = buildRecording(histories);
  const { mission = recording.mission } = call.options;
  call.output.note(
    'Imported histories are kept as they are: check that they hold no personal data before you commit them.',
  );
  return keep(call, { ...recording, ...(mission !== undefined && { mission }) }, expected);
}

/** The links of one chain, in order. */
async function readHistories(file: string): Promise<History[]> {
  const [{ decodeHistories }, { joinChains }] = await Promise.all([
    import('../../recording/decode-history.ts'),
    import('../../recording/chain.ts'),
  ]);
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new MissionError('HISTORY_INVALID', `The history ${file} cannot be read: ${messageOf(error)}.`, {
      remedy: 'Name a file that is there: temporal workflow show --workflow-id … --output json > history.json',
      cause: error,
    });
  });
  const [chain, ...others] = joinChains(decodeHistories(bytes, file));
  if (chain !== undefined && others.length === 0) return chain;
  throw new MissionError('HISTORY_INVALID', `${file} holds ${others.length + 1} runs; a regression case is one.`, {
    remedy: 'Give each run a file of its own, with all links of its continue-as-new chain.',
    details: { file, runs: others.length + 1 },
  });
}

/** @returns nothing when the recorded end is right */
async function expectedEnd(call: Call<Options>): Promise<ExpectedEnd | undefined> {
  const { expect, expectFailure, asRecorded } = call.options;
  if ([expect, expectFailure, asRecorded].filter((way) => way !== undefined).length !== 1) {
    throw new MissionError(
      'USAGE',
      'A regression case needs the outcome that is right: one of --expect, --expect-failure and --as-recorded.',
      {
        remedy: `Write the right result, --expect '{"approve":true}'; the type of the failure that is right, --expect-failure OrderUnknown; or say that the recorded one is right: --as-recorded.`,
      },
    );
  }
  if (expectFailure !== undefined) return { status: 'failed', failure: { type: expectFailure } };
  if (expect === undefined) return undefined;
  return { status: 'completed', result: await readJsonInput(expect, 'The expected result', call) };
}

async function keep(
  call: Call<Options>,
  recording: Recording,
  expected: ExpectedEnd | undefined,
  maker?: Artifact,
): Promise<number> {
  const { context, options, output } = call;
  const [{ exportFixture }, { keepCaseArtifact }] = await Promise.all([
    import('../../recording/fixtures.ts'),
    import('../../recording/case-artifacts.ts'),
  ]);
  const mission = recording.mission ?? recording.workflowType;
  if (expected?.status === 'completed') await checkAgainstOutput(call, recording, expected.result, maker);
  const name = folderName(options.name ?? recording.workflowId);
  const directory = context.path(`${options.dir}/${folderName(mission)}/${name}`);
  const kept = await exportFixture(recording, directory, {
    vault: await context.vault(),
    ...(expected !== undefined && { expected }),
    why: options.why,
    guards: options.guards ?? presumedChange(recording, expected),
    addedBy: context.actor,
    addedAt: new Date(),
    replace: options.replace === true,
  });
  const artifact = maker && (await keepCaseArtifact(dirname(directory), maker));
  if (options.guards === undefined) {
    output.note(
      `It guards against ${kept.guards}. To name the change itself, keep it again with --replace --guards "@3, which reworded assess".`,
    );
  }
  const plain = recording.mission === undefined ? ' --workflows <path>' : '';
  await output.result({ directory, case: kept, artifact: artifact ?? null }, () =>
    [
      `${output.palette.green('✓')} kept in ${directory}`,
      ...(artifact === undefined ? [] : [`  The version that made it is kept in ${artifact}`]),
      `  Commit ${artifact === undefined ? 'it' : 'both'}. Every change is held to it with: mission cases${plain}`,
    ].join('\n'),
  );
  return EXIT.ok;
}

/** What a case guards against when nobody says: what went wrong, or whatever would. */
function presumedChange({ mission, version }: Recording, expected: ExpectedEnd | undefined): string {
  if (expected === undefined) return 'any change of what this run came to';
  return mission === undefined || version === undefined
    ? 'the code that decided otherwise'
    : `${mission}@${version}, which decided otherwise`;
}

async function checkAgainstOutput(
  { context, output }: Call<Options>,
  { mission, version }: Recording,
  expected: Json,
  maker: Artifact | undefined,
): Promise<void> {
  const { checkExpected } = await import('../../release/check-expected.ts');
  if (await checkExpected(expected, outputContracts(context, { mission, version, maker }))) return;
  output.note('The expected result was not checked: nothing here says what the workflow answers.');
}

/** A name that is a folder on every system. */
function folderName(text: string): string {
  const name = text
    .replace(/[^\w.-]+/g, '-')
    .replace(/^[.-]+|[.-]+$/g, '')
    .slice(0, 100);
  if (name !== '') return name;
  throw new MissionError('USAGE', `"${text}" cannot be the name of a folder.`, { remedy: 'Give the case a --name.' });
}

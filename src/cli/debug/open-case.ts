/** The run and the code that `mission debug` is about, wherever they are. */
import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Artifact } from '../../artifact/artifact.ts';
import type { Program } from '../../debug/program.ts';
import type { DebugCase } from '../../debug/saved-case.ts';
import type { Recording } from '../../recording/recording.ts';
import { isMissionError, MissionError } from '../../shared/errors.ts';
import type { Call } from '../command.ts';
import { findRun } from '../find-run.ts';
import { forwardCommand } from '../forward-command.ts';

export interface CaseOptions {
  readonly with?: string;
  readonly source?: boolean;
  readonly history?: string;
  readonly workflows?: string;
}

type CaseCall = Call<CaseOptions>;

/**
 * @throws MissionError `USAGE`, `RECORDING_UNKNOWN`, `RUN_UNKNOWN`, `VERSION_UNKNOWN`, `FIXTURE_INVALID`, `HISTORY_INVALID`,
 *   and what bundling throws.
 */
export async function openCase(call: CaseCall): Promise<DebugCase> {
  const { options, args, context } = call;
  if (options.history !== undefined) return openHistory(call, options.history);
  const [run] = args;
  if (run === undefined) {
    throw new MissionError('USAGE', "missing required argument 'run'", {
      remedy: 'Name a run: mission debug refund-17. A history file: mission debug --history … --workflows ….',
    });
  }
  const path = context.path(run);
  if (existsSync(path) && (await stat(path)).isFile()) return openSaved(call, path);
  try {
    if (existsSync(path)) return await openFolder(call, path);
    const { recording } = await findRun(call, run);
    return { recording, program: await programFor(call, recording) };
  } catch (error) {
    if (!isMissionError(error, 'REGISTRY_LOCKED')) throw error;
    return askOwner(call, run, error);
  }
}

async function openSaved(call: CaseCall, path: string): Promise<DebugCase> {
  const { parseCase } = await import('../../debug/saved-case.ts');
  const saved = await parseCase(await readFile(path, 'utf8'), path);
  const { with: version, source } = call.options;
  if (version === undefined && source !== true) return saved;
  return { ...saved, program: await programFor(call, saved.recording) };
}

/** A regression case; the artifact that made it may be kept beside it. */
async function openFolder(call: CaseCall, folder: string): Promise<DebugCase> {
  const [{ readFixture }, { readCaseArtifact }, { programOf }] = await Promise.all([
    import('../../recording/fixtures.ts'),
    import('../../recording/case-artifacts.ts'),
    import('../../debug/saved-case.ts'),
  ]);
  const { recording } = await readFixture(folder);
  const { artifact, mission, version } = recording;
  const { with: other, source } = call.options;
  const isOwn = other === undefined && source !== true && artifact !== undefined;
  const kept = isOwn ? await readCaseArtifact(dirname(folder), artifact) : undefined;
  if (kept !== undefined) {
    const whole = await sameFromSource(call, kept);
    return { recording, program: await programOf(`${mission}@${version}`, whole ?? kept) };
  }
  return { recording, program: await programFor(call, recording) };
}

/** What is kept beside cases has no source map. The working tree has one, where it still is the same code. */
async function sameFromSource({ context }: CaseCall, { mission, digest }: Artifact): Promise<Artifact | undefined> {
  const { buildArtifact } = await import('../../artifact/build-artifact.ts');
  const built = await buildArtifact({ root: context.root, mission }).catch(() => undefined);
  return built?.digest === digest ? built : undefined;
}

/** Another process has the registry open: it hands over the run and the code, and the debugging is done here. */
async function askOwner({ context, io, options }: CaseCall, run: string, locked: MissionError): Promise<DebugCase> {
  let out = '';
  let err = '';
  const silent = {
    ...io,
    isInteractive: false,
    stdout: (text: string) => {
      out += text;
    },
    stderr: (text: string) => {
      err += text;
    },
  };
  const { with: version, source } = options;
  const flags = [...(version === undefined ? [] : ['--with', version]), ...(source === true ? ['--source'] : [])];
  const code = await forwardCommand(
    context.inside(),
    ['debug', run, '--save', '-', ...flags, '-C', context.root],
    silent,
  );
  if (code === undefined) throw locked;
  if (code !== 0)
    throw new MissionError('RUN_UNKNOWN', err.trim() || `"${run}" cannot be debugged.`, { details: { run } });
  const { parseCase } = await import('../../debug/saved-case.ts');
  return parseCase(out, 'What the process with the registry answered');
}

/** The version that is asked for, the working tree, or the version that made the run. */
async function programFor(call: CaseCall, recording: Recording): Promise<Program> {
  const { context, options, output } = call;
  const { programOf } = await import('../../debug/saved-case.ts');
  if (options.source === true) return sourceProgram(call, recording);
  if (options.with !== undefined) {
    const ref = await context.ref(options.with);
    const { versions, artifacts } = await context.registry();
    const version = await versions.get(ref.mission, ref.number);
    return programOf(`${ref.mission}@${ref.number}`, await artifacts.get(version.artifact));
  }
  const { artifact, mission, version } = recording;
  if (artifact === undefined) {
    throw new MissionError(
      'USAGE',
      `${recording.workflowId} is a run of plain Temporal workflows: no version made it.`,
      {
        remedy: 'Name its code: mission debug --history <file> --workflows <path>, or a version: --with @3.',
      },
    );
  }
  try {
    return await programOf(`${mission}@${version}`, await (await context.registry()).artifacts.get(artifact));
  } catch (error) {
    const isMissing = isMissionError(error, 'ARTIFACT_UNKNOWN') || isMissionError(error, 'MISSION_UNKNOWN');
    if (!isMissing || mission === undefined || !existsSync(`${context.root}/workflows/${mission}`)) throw error;
    output.note(`${mission}@${version} is not in the registry: the working tree is taken instead.`);
    return sourceProgram(call, recording);
  }
}

async function sourceProgram({ context }: CaseCall, { mission }: Recording): Promise<Program> {
  const [{ buildArtifact }, { programOf }] = await Promise.all([
    import('../../artifact/build-artifact.ts'),
    import('../../debug/saved-case.ts'),
  ]);
  const artifact = await buildArtifact({ root: context.root, mission: await context.mission(mission) });
  return programOf('the working tree', artifact);
}

async function openHistory({ context, options, io }: CaseCall, file: string): Promise<DebugCase> {
  const { workflows } = options;
  if (workflows === undefined) {
    throw new MissionError('USAGE', 'A history file says nothing of the code that made it.', {
      remedy: 'Name the workflows: mission debug --history history.json --workflows src/workflows.',
    });
  }
  const [{ readHistoryFiles }, { buildRecording }, { bundleWorkflows }] = await Promise.all([
    import('../../recording/history-files.ts'),
    import('../../recording/build-recording.ts'),
    import('../../artifact/bundle-workflows.ts'),
  ]);
  for await (const read of readHistoryFiles(context.path(file))) {
    if (!('histories' in read)) throw new MissionError('HISTORY_INVALID', `${read.where}: ${read.problem}`);
    const bundle = await bundleWorkflows({ workflowsPath: workflows, root: io.cwd });
    const recording = buildRecording(read.histories, { workflowId: 'unknown' });
    return { recording, program: { name: workflows, bundle, definition: undefined } };
  }
  throw new MissionError('HISTORY_INVALID', `${file} holds no history.`, {
    remedy: 'temporal workflow show --workflow-id … --output json > history.json',
  });
}

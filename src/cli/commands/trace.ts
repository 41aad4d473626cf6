import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import type { Recording } from '../../recording/recording.ts';
import { isMissionError, MissionError } from '../../shared/errors.ts';
import { addCommand, type Call, type CliHost, option } from '../command.ts';
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
  const { output, options } = call;
  const recording = await findRun(call);
  const { traceText } = await import('../trace-text.ts');
  const { histories: _, ...shown } = recording;
  await output.result(shown, () => traceText(recording, output, options.full === true));
  return EXIT.ok;
}

/** The recording, or else the run itself, redacted as a recording would be. */
async function findRun(call: Call<Options>): Promise<Recording> {
  const { context, args } = call;
  const run = args[0] ?? '';
  const [{ findRecording }, { fromStoredRecording }] = await Promise.all([
    import('../../release/choose-recordings.ts'),
    import('../../recording/build-recording.ts'),
  ]);
  const { recordings } = await context.registry();
  try {
    return fromStoredRecording(await recordings.get((await findRecording(recordings, run)).id));
  } catch (error) {
    const isUnrecorded = isMissionError(error, 'RECORDING_UNKNOWN');
    const mayAskTemporal = call.io.env['TEMPORAL_ADDRESS'] || existsSync(context.inside('temporal', 'temporal.db'));
    if (isUnrecorded && mayAskTemporal) return readRun(call, run);
    throw error;
  }
}

async function readRun({ context, io }: Call<Options>, run: string): Promise<Recording> {
  const temporal = await context.temporal();
  const registry = await context.registry();
  const [{ fetchChain }, { buildRecording, stampOf }, { redactHistories }, { redactionKeyOf }] = await Promise.all([
    import('../../recording/ended-runs.ts'),
    import('../../recording/build-recording.ts'),
    import('../../recording/redact-history.ts'),
    import('../recording-setup.ts'),
  ]);
  const [, workflowId = run, runId] = /^(.*)\/([0-9a-f-]{36})$/.exec(run) ?? [];
  const histories = await fetchChain(temporal.client, { workflowId, ...(runId !== undefined && { runId }) }).catch(
    () => {
      throw new MissionError(
        'RUN_UNKNOWN',
        `There is no run "${run}", neither recorded nor on Temporal at ${temporal.address}.`,
        {
          remedy: 'mission runs and mission recordings list what is there.',
          details: { run, address: temporal.address, namespace: temporal.namespace },
        },
      );
    },
  );
  const stamp = histories[0] === undefined ? undefined : stampOf(histories[0]);
  const schemas = stamp === undefined ? undefined : (await registry.artifacts.get(stamp.artifact)).definition;
  const key = await redactionKeyOf(context, io.env);
  const redacted = redactHistories(histories, { key, ...(schemas !== undefined && { schemas }) });
  return buildRecording(redacted, { workflowId, redacted: schemas !== undefined });
}

/** The run that a command names, from the registry or from Temporal. */
import { existsSync } from 'node:fs';
import type { Recording } from '../recording/recording.ts';
import { isMissionError, MissionError } from '../shared/errors.ts';
import type { Call } from './command.ts';

export interface FoundRun {
  readonly recording: Recording;
  /** False when it was read from Temporal: it may still be open, and is in no audit trail. */
  readonly isRecorded: boolean;
}

type Place = Pick<Call<unknown>, 'context' | 'io'>;

/**
 * The recording, or else the run itself, redacted as a recording would be.
 *
 * @param run - workflow id, run id, or the id of a recording
 * @throws MissionError `RECORDING_UNKNOWN`, `RUN_UNKNOWN`.
 */
export async function findRun(call: Place, run: string): Promise<FoundRun> {
  const { context } = call;
  const [{ findRecording }, { fromStoredRecording }] = await Promise.all([
    import('../release/choose-recordings.ts'),
    import('../recording/build-recording.ts'),
  ]);
  const { recordings } = await context.registry();
  try {
    const stored = await recordings.get((await findRecording(recordings, run)).id);
    return { recording: fromStoredRecording(stored), isRecorded: true };
  } catch (error) {
    const isUnrecorded = isMissionError(error, 'RECORDING_UNKNOWN');
    const mayAskTemporal = call.io.env['TEMPORAL_ADDRESS'] || existsSync(context.inside('temporal', 'temporal.db'));
    if (isUnrecorded && mayAskTemporal) return { recording: await readRun(call, run), isRecorded: false };
    throw error;
  }
}

async function readRun({ context, io }: Place, run: string): Promise<Recording> {
  const temporal = await context.temporal();
  const registry = await context.registry();
  const [{ fetchChain }, { buildRecording }, { redactByAll, schemaSource }, { findMakers }, { redactionKeyOf }] =
    await Promise.all([
      import('../recording/ended-runs.ts'),
      import('../recording/build-recording.ts'),
      import('../recording/maker-schemas.ts'),
      import('../recording/find-makers.ts'),
      import('./recording-setup.ts'),
    ]);
  const { splitAtUpgrades } = await import('../recording/split-at-upgrades.ts');
  const [, workflowId = run, runId] = /^(.*)\/([0-9a-f-]{36})$/.exec(run) ?? [];
  const histories = await fetchChain(temporal.client, { workflowId, ...(runId !== undefined && { runId }) }).catch(
    (error: unknown) => {
      // A key that is missing, or a server that is away, is no run that is not there.
      if (isMissionError(error) && error.code !== 'RUN_UNKNOWN') throw error;
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
  // Of a chain that went on as another version, what came last: the rest is a recording of its own.
  const part = splitAtUpgrades(histories).at(-1) ?? histories;
  const makers = await findMakers(registry, part);
  const schemas = await schemaSource({ registry })(makers);
  const key = await redactionKeyOf(context, io.env);
  const redacted = redactByAll(part, key, schemas);
  return buildRecording(redacted, { workflowId, redacted: schemas.length > 0, maker: makers.at(-1) ?? null });
}

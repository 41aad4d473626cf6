import type { Command } from 'commander';
import type { CollectedRun, CollectProgress } from '../../recording/collect.ts';
import { addCommand, type Call, type CliHost, option } from '../command.ts';
import { EXIT } from '../io.ts';
import { readCount, readSince } from '../read-values.ts';
import { counted } from '../words.ts';

interface Options {
  readonly since?: string;
  readonly limit?: number;
}

export function addCollect(program: Command, host: CliHost): void {
  addCommand<Options>(program, host, {
    usage: 'collect [mission]',
    summary: 'record ended runs, redacted, so that candidates can be tried on them',
    options: [
      option(
        '--since <when>',
        'started since: 2026-03-01, or 7d',
        readSince(() => new Date()),
      ),
      option('--limit <count>', 'look at so many, the latest first', readCount),
    ],
    run,
  });
}

type Failed = Extract<CollectedRun, { readonly status: 'failed' }>;

/** Failures that are told one by one. */
const FAILURES_SHOWN = 5;

async function run({ context, output, options, io, args: [given] }: Call<Options>): Promise<number> {
  const registry = await context.registry();
  const temporal = await context.temporal();
  const [{ collectRecordings }, { redactionKeyOf }, { runsOf }] = await Promise.all([
    import('../../recording/collect.ts'),
    import('../recording-setup.ts'),
    import('../../routing/mission-query.ts'),
  ]);
  const progress = output.progress('collect');
  const failures: Failed[] = [];
  let counts: CollectProgress = { stored: 0, known: 0, open: 0, failed: 0, 'sampled-out': 0 };
  const runs = collectRecordings({
    client: temporal.client,
    registry,
    redactionKey: await redactionKeyOf(context, io.env),
    query: runsOf(await context.missions(given)),
    ...options,
    policyOf: async (mission) => (await registry.retention.policy(mission)).policy,
    signal: io.signal,
    onProgress: (now) => {
      counts = now;
      if (io.isInteractive) progress.say(`${now.stored} recorded, ${now.known} known`);
    },
  });
  try {
    for await (const collected of runs) if (collected.status === 'failed') failures.push(collected);
  } finally {
    progress.end();
  }
  await output.result({ ...counts, failures: failures.map(failureJson) }, () =>
    collectText(counts, failures, output.palette),
  );
  return failures.length === 0 ? EXIT.ok : EXIT.error;
}

function failureJson({ workflowId, runId, error }: Failed) {
  return { workflowId, runId: runId ?? null, code: error.code, message: error.message, remedy: error.remedy ?? null };
}

function collectText(
  { stored, known, open, failed, 'sampled-out': sampledOut }: CollectProgress,
  failures: readonly Failed[],
  palette: Call<Options>['output']['palette'],
): string {
  const total = stored + known + open + failed + sampledOut;
  if (total === 0) return 'No ended runs were found. A run that just ended shows after a second or so.';
  const rest = failures.length - FAILURES_SHOWN;
  const leftOut = sampledOut === 0 ? '' : `${sampledOut} are sampled out, `;
  return [
    `${palette.green('✓')} ${counted(stored, 'run')} recorded; of ${total} looked at, ${known} were recorded before, ${leftOut}${open} are open again, ${failed} failed.`,
    ...failures
      .slice(0, FAILURES_SHOWN)
      .map(({ workflowId, error }) => `  ${palette.red('✗')} ${workflowId}: ${error.message} ${error.remedy ?? ''}`),
    ...(rest > 0 ? [`  and ${rest} more; --json tells all of them`] : []),
  ].join('\n');
}

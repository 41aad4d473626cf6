import type { Command } from 'commander';
import type { CallerAttributes } from '../../routing/caller-attributes.ts';
import type { StartedMission } from '../../routing/start-mission.ts';
import { messageOf } from '../../shared/errors.ts';
import type { Json } from '../../shared/json.ts';
import { addCommand, type Call, type CliHost, option } from '../command.ts';
import { EXIT } from '../io.ts';
import { attributeOption } from '../read-route.ts';
import { readJsonInput } from '../read-values.ts';

interface Options {
  readonly input: string;
  readonly id?: string;
  readonly key?: string;
  readonly attribute?: CallerAttributes;
  readonly wait?: boolean;
}

export function addStart(program: Command, host: CliHost): void {
  addCommand<Options>(program, host, {
    usage: 'start [mission]',
    summary: 'start a run on the version that the route chooses, pinned there for its life',
    options: [
      option('--input <json>', 'JSON, @file.json, or - for standard input').makeOptionMandatory(),
      option('--id <workflow id>', 'starting the same id again returns the run that is there'),
      option('--key <business key>', 'runs of one key stay on one version (default: the workflow id)'),
      attributeOption(),
      option('--wait', 'wait for its end and print the result'),
    ],
    examples: [[`mission start refund-eligibility --input @request.json --wait`, '']],
    run,
  });
}

async function run(call: Call<Options>): Promise<number> {
  const { context, output, options, args } = call;
  const input = await readJsonInput(options.input, 'The input', call);
  const mission = await context.mission(args[0]);
  const registry = await context.registry();
  const temporal = await context.temporal();
  const { startMission } = await import('../../routing/start-mission.ts');
  const started = await startMission({
    registry,
    client: temporal.client,
    mission,
    input,
    ...(options.id !== undefined && { workflowId: options.id }),
    ...(options.key !== undefined && { businessKey: options.key }),
    ...(options.attribute !== undefined && { attributes: options.attribute }),
  });
  if (options.wait !== true) {
    await output.result(started, () => startedText(started, call));
    return EXIT.ok;
  }
  output.note(startedText(started, call));
  const handle = temporal.client.workflow.getHandle(started.workflowId, started.runId);
  const end = await interruptible(handle.result() as Promise<Json>, call.io.signal);
  await output.result({ ...started, ...end }, () =>
    'result' in end ? JSON.stringify(end.result, null, 2) : `${output.palette.red('✗')} ${end.failure}`,
  );
  return 'result' in end ? EXIT.ok : EXIT.refused;
}

/** A run that fails is a result; giving up waiting is not. */
async function interruptible(
  result: Promise<Json>,
  signal: AbortSignal,
): Promise<{ readonly result: Json } | { readonly failure: string }> {
  const interrupted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  try {
    return { result: await Promise.race([result, interrupted]) };
  } catch (error) {
    if (signal.aborted) throw error;
    const cause = (error as { cause?: unknown }).cause;
    return { failure: `The run ended without a result: ${messageOf(cause ?? error)}` };
  }
}

function startedText(
  { workflowId, version, reason, started }: StartedMission,
  { output: { palette } }: Call<Options>,
): string {
  const what = started ? `${palette.green('✓')} started` : 'was there already:';
  return `${what} ${palette.bold(workflowId)} on ${version} (${reason})`;
}

import type { Command } from 'commander';
import { formatVersionRef, parseVersionRef } from '../../shared/version-ref.ts';
import { addCommand, type Call, type CliHost, option } from '../command.ts';
import { type WaitOptions, waitOption, whileWaiting } from '../hosting-wait.ts';
import { EXIT } from '../io.ts';

interface Options extends WaitOptions {
  readonly force?: boolean;
  readonly to?: string;
  readonly reason: string;
}

export function addRollback(program: Command, host: CliHost): void {
  addCommand<Options>(program, host, {
    usage: 'rollback [mission]',
    summary: 'bring back an earlier behaviour as a new version, with all traffic, at once',
    options: [
      option('--to <version>', 'which one (default: the one that was active before)'),
      option('--reason <text>', 'why; it is recorded').makeOptionMandatory(),
      option('--force', 'although no worker is ready for it; it is recorded, and new runs wait for one'),
      waitOption(),
    ],
    examples: [['mission rollback --reason "denies damaged items"', 'back to what was active before']],
    run,
  });
}

async function run(call: Call<Options>): Promise<number> {
  const {
    context,
    output,
    options,
    args: [given],
  } = call;
  const mission = await context.mission(given);
  const registry = await context.registry();
  const { rollback } = await import('../../release/rollback.ts');
  const to = options.to === undefined ? undefined : parseVersionRef(options.to, mission);
  const { reason, force } = options;
  const done = await whileWaiting(call, (hosting) =>
    rollback({ registry, mission, to, reason, by: context.actor, force, hosting }),
  );
  const { palette } = output;
  await output.result(
    {
      ref: formatVersionRef(done.version),
      restores: done.restored.number,
      previous: done.previous,
      unhosted: done.unhosted ?? null,
      route: done.route,
    },
    () =>
      `${palette.green('✓')} ${palette.bold(formatVersionRef(done.version))} brings back ${formatVersionRef(done.restored)} and takes all new runs (before: @${done.previous}), route revision ${done.route.revision}.`,
  );
  if (done.unhosted !== undefined && !output.json) {
    output.note(`No worker is ready for it (${done.unhosted}): new runs wait. See: mission workers.`);
  }
  return EXIT.ok;
}

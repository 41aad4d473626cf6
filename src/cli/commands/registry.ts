import type { Command } from 'commander';
import { cell, tableLines } from '../../compare/render/layout.ts';
import { addCommand, type Call, type CliHost, option } from '../command.ts';
import { EXIT } from '../io.ts';

interface RestoredOptions {
  readonly reason?: string;
}

export function addRegistry(program: Command, host: CliHost): void {
  const registry = program.command('registry').description('what is done to the registry as a whole');
  addCommand<RestoredOptions>(registry, host, {
    usage: 'restored',
    summary: 'say that the registry was restored to an earlier state, and that routers are to follow it back',
    options: [option('--reason <text>', 'what was lost, and which backup it is')],
    examples: [
      ['mission registry restored --reason "disk lost, backup of 02:00"', 'after the routes have been looked at'],
    ],
    run: restored,
  });
}

async function restored({ context, output, options }: Call<RestoredOptions>): Promise<number> {
  const registry = await context.registry();
  const epoch = await registry.epochs.begin({ by: context.actor, reason: options.reason ?? '' });
  const routes = Object.entries(epoch.revisions).map(([mission, revision]) => [
    cell(mission),
    cell(`revision ${revision}`),
  ]);
  await output.result({ ...epoch }, () =>
    [
      `${output.palette.green('✓')} Epoch ${epoch.number} of ${registry.place}: routers follow these routes from their next poll on.`,
      ...tableLines(routes, output.width).map((line) => `  ${line}`),
      `  ${output.palette.dim('Publish again what was published since the backup, from the same commits: their open runs wait for it.')}`,
    ].join('\n'),
  );
  return EXIT.ok;
}

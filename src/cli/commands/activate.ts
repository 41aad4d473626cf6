import type { Command } from 'commander';
import type { Activation } from '../../release/activate-version.ts';
import { shortDigest } from '../../shared/digest.ts';
import { MissionError } from '../../shared/errors.ts';
import { formatVersionRef } from '../../shared/version-ref.ts';
import { addCommand, type Call, type CliHost, option } from '../command.ts';
import { type WaitOptions, waitOption, whileWaiting } from '../hosting-wait.ts';
import { EXIT } from '../io.ts';
import type { Output } from '../output.ts';

interface Options extends WaitOptions {
  readonly force?: boolean;
  readonly reason?: string;
}

export function addActivate(program: Command, host: CliHost): void {
  addCommand<Options>(program, host, {
    usage: 'activate <version>',
    summary: 'give a version all new runs, if a passing report allows it and a worker is ready for it',
    options: [
      option('--force', 'without a passing report or a ready worker; needs --reason and is recorded'),
      option('--reason <text>', 'why it is forced'),
      waitOption(),
    ],
    examples: [['mission activate @4', 'on the evidence of its passing replay']],
    run,
  });
}

async function run(call: Call<Options>): Promise<number> {
  const {
    context,
    output,
    options,
    args: [text = ''],
  } = call;
  const { force = false, reason = '' } = options;
  if (!force && reason !== '') {
    throw new MissionError('USAGE', 'A reason is only asked for when the activation is forced.', {
      remedy: 'Add --force, or leave out --reason: the evidence is the report.',
    });
  }
  const ref = await context.ref(text);
  const registry = await context.registry();
  const { activateVersion } = await import('../../release/activate-version.ts');
  const activation = await whileWaiting(call, (hosting) =>
    activateVersion({ registry, ref, by: context.actor, hosting, ...(force && { force: { reason } }) }),
  );
  await output.result(activationJson(activation), () => activationText(activation, output));
  if (activation.unhosted !== undefined && !output.json) {
    output.note(`No worker is ready for it (${activation.unhosted}): new runs wait. See: mission workers.`);
  }
  if (activation.changed && activation.previous !== undefined && !output.json) {
    output.note(`Open runs stay on their versions. To take it back: mission rollback ${ref.mission} --reason "…".`);
  }
  return EXIT.ok;
}

function activationJson({ version, route, changed, ground, unhosted, previous }: Activation) {
  return {
    ref: formatVersionRef(version),
    changed,
    ground: ground ?? null,
    unhosted: unhosted ?? null,
    previous: previous ?? null,
    route,
  };
}

function activationText({ version, changed, ground, previous, route }: Activation, { palette }: Output): string {
  const name = palette.bold(formatVersionRef(version));
  if (!changed || ground === undefined) return `${name} has all traffic already: nothing was changed.`;
  const from = previous === undefined ? '' : ` (before: @${previous})`;
  const why = {
    'first-version': () => 'the first active version: there was nothing to compare it with',
    'same-artifact': () => 'the same artifact as the active version',
    report: () => `on report ${ground.kind === 'report' ? shortDigest(ground.digest) : ''}`,
    forced: () => palette.yellow('forced without a passing report; the reason is in the audit trail'),
  }[ground.kind]();
  return `${palette.green('✓')} ${name} takes all new runs${from}, route revision ${route.revision}: ${why}.`;
}

import type { Command } from 'commander';
import { formatVersionRef } from '../../shared/version-ref.ts';
import { addCommand, type Call, type CliHost } from '../command.ts';
import { EXIT } from '../io.ts';

export function addDiff(program: Command, host: CliHost): void {
  addCommand<object>(program, host, {
    usage: 'diff <baseline> <candidate>',
    summary: 'show what changed between two versions: prompts, models, rules, tools, code',
    examples: [['mission diff @2 @3', '']],
    run,
  });
}

async function run({ context, output, args: [first = '', second = ''] }: Call<object>): Promise<number> {
  const baseline = await context.ref(first);
  const candidate = await context.ref(
    /^[a-z].*@/.test(second) ? second : `${baseline.mission}@${second.replace('@', '')}`,
  );
  const registry = await context.registry();
  const [{ diffArtifacts }, { changesText }] = await Promise.all([
    import('../../artifact/diff-artifacts.ts'),
    import('../change-text.ts'),
  ]);
  const [from, to] = await Promise.all(
    [baseline, candidate].map(async ({ mission, number }) =>
      registry.artifacts.get((await registry.versions.get(mission, number)).artifact),
    ),
  );
  const changes = from === undefined || to === undefined ? [] : await diffArtifacts(from, to);
  const names = { baseline: formatVersionRef(baseline), candidate: formatVersionRef(candidate) };
  await output.result({ ...names, changes }, () => {
    if (changes.length > 0) return changesText(changes, output).join('\n');
    const why =
      from?.digest === to?.digest ? 'they have the same artifact' : 'at most comments, formatting and names differ';
    return `${names.baseline} and ${names.candidate} behave the same: ${why}.`;
  });
  return EXIT.ok;
}

import type { Command } from 'commander';
import type { Registry } from '../../registry/registry.ts';
import type { Published } from '../../release/publish-mission.ts';
import { shortDigest } from '../../shared/digest.ts';
import { MissionError } from '../../shared/errors.ts';
import { formatVersionRef } from '../../shared/version-ref.ts';
import { addCommand, type Call, type CliHost, option } from '../command.ts';
import { EXIT } from '../io.ts';
import { missionsInSource } from '../project.ts';
import { readIntended } from '../read-intended.ts';

const CANDIDATE_MS = 3_600_000;

interface Options {
  readonly message?: string;
  readonly author?: string;
  readonly candidate?: boolean;
  readonly intends?: string;
}

export function addPublish(program: Command, host: CliHost): void {
  addCommand<Options>(program, host, {
    usage: 'publish [mission]',
    summary: 'make the source of a mission its next version',
    options: [
      option('-m, --message <text>', "why (default: the commit's subject, when everything is committed)"),
      option('--author <who>', "who (default: git's user)"),
      option('--intends <file>', 'what it is meant to change, declared for the gate (docs/replay.md)'),
      option('--candidate', 'have workers host it for an hour, though it has no traffic yet'),
    ],
    examples: [['mission publish -m "Reworded for the spring promotion"', 'the only mission of the project']],
    run,
  });
}

async function run(call: Call<Options>): Promise<number> {
  const { context, output, options } = call;
  const mission = sourceMission(call);
  const { publishMission } = await import('../../release/publish-mission.ts');
  const registry = await context.registry('change');
  const progress = output.progress('publish');
  progress.say(`bundling ${mission}`);
  try {
    const { candidate = false, intends, ...given } = options;
    const intended = intends === undefined ? undefined : await readIntended(intends, context);
    const published = await publishMission({ registry, root: context.root, mission, intended, ...given });
    if (candidate) await hostCandidate(registry, published, context.actor);
    progress.end();
    const { changesText } = await import('../change-text.ts');
    await output.result(publishedJson(published), () =>
      publishedText(published, call, published.changes.length === 0 ? [] : changesText(published.changes, output, 6)),
    );
    return EXIT.ok;
  } catch (error) {
    progress.end();
    throw error;
  }
}

async function hostCandidate(registry: Registry, { version }: Published, by: string): Promise<void> {
  const { wakeVersion } = await import('../../release/hosting-orders.ts');
  const ref = { mission: version.mission, number: version.number };
  await wakeVersion({ registry, ref, by, reason: 'published as a candidate', forMs: CANDIDATE_MS });
}

function sourceMission({ args: [given], context }: Call<Options>): string {
  if (given !== undefined) return given;
  const names = missionsInSource(context.root);
  const [only, ...others] = names;
  if (only !== undefined && others.length === 0) return only;
  const found =
    names.length === 0 ? `no mission in ${context.root}/workflows` : `${names.length} missions: ${names.join(', ')}`;
  throw new MissionError('USAGE', `Which mission is to be published? There are ${found}.`.replace('are no', 'is no'), {
    remedy:
      names.length === 0
        ? 'Go to the project, or name it with --project. A mission has its code in workflows/<mission>/workflow.ts.'
        : `Name it: mission publish ${names[0]}.`,
    details: { project: context.root, missions: names },
  });
}

function publishedJson({ version, added, artifact, changes, previous }: Published) {
  return {
    ref: formatVersionRef(version),
    added,
    version,
    artifact: artifact.digest,
    previous: previous?.number ?? null,
    changes,
  };
}

function publishedText(
  published: Published,
  { output: { palette } }: Call<Options>,
  changes: readonly string[],
): string {
  const { version, added, artifact, previous } = published;
  const name = formatVersionRef(version);
  if (!added) {
    return `${palette.bold(name)} is what the source holds already (artifact ${shortDigest(artifact.digest)}): nothing was added.`;
  }
  const commit = version.commit;
  const from =
    commit === null
      ? 'not under git'
      : `commit ${commit.sha.slice(0, 9)}${commit.dirty ? palette.yellow(' with uncommitted changes') : ''}`;
  const what =
    previous === undefined
      ? []
      : [
          changes.length === 0
            ? `  The same behaviour as ${formatVersionRef(previous)}, in other words of code.`
            : `  Changed since ${formatVersionRef(previous)}:`,
        ];
  const next = previous === undefined ? `mission activate ${name}` : `mission replay ${name}`;
  return [
    `${palette.green('✓')} ${palette.bold(name)} published  ${palette.dim(`artifact ${shortDigest(artifact.digest)}, ${from}, by ${version.author}`)}`,
    ...what,
    ...changes.map((line) => `  ${line}`),
    `  Next: ${palette.cyan(next)}`,
  ].join('\n');
}

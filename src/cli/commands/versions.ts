import type { Command } from 'commander';
import { cell, tableLines } from '../../compare/render/layout.ts';
import type { Registry } from '../../registry/registry.ts';
import type { Version } from '../../registry/versions.ts';
import { shortDigest } from '../../shared/digest.ts';
import { formatVersionRef } from '../../shared/version-ref.ts';
import { addCommand, type Call, type CliHost } from '../command.ts';
import { EXIT } from '../io.ts';
import type { Output } from '../output.ts';
import { atMinute, missionUnknown } from '../words.ts';

export function addVersions(program: Command, host: CliHost): void {
  addCommand<object>(program, host, {
    usage: 'versions [mission]',
    summary: 'list the versions of a mission, with their share of the traffic',
    run,
  });
}

interface Listed extends Version {
  readonly ref: string;
  /** Share of the traffic without a rule, in percent. */
  readonly trafficPercent: number;
}

async function run({ context, output, args: [given] }: Call<object>): Promise<number> {
  const registry = await context.registry();
  const missions = await context.missions(given);
  const lists = await Promise.all(missions.map((mission) => listed(registry, mission)));
  if (given !== undefined && lists[0]?.length === 0) throw missionUnknown(given);
  await output.result(lists.flat(), () => lists.map((list) => listText(list, output)).join('\n\n'));
  await noteCrowded(registry, missions, output);
  return EXIT.ok;
}

async function noteCrowded(registry: Registry, missions: readonly string[], output: Output): Promise<void> {
  const { SERVER_VERSIONS_MAX, SERVER_VERSIONS_WARN } = await import('../../fleet/remove-versions.ts');
  for (const { mission, versions } of await registry.workers.sizes()) {
    if (versions < SERVER_VERSIONS_WARN || !missions.includes(mission)) continue;
    output.note(
      `The Temporal server knows ${versions} versions of ${mission}, of ${SERVER_VERSIONS_MAX} that it takes. Release holds, end old runs, or retire versions.`,
    );
  }
}

async function listed(registry: Registry, mission: string): Promise<Listed[]> {
  const [versions, route] = await Promise.all([registry.versions.list(mission), registry.routes.current(mission)]);
  const weights = new Map(route?.weights.map(({ version, weight }) => [version, weight / 100]));
  return versions.map((version) => ({
    ...version,
    ref: formatVersionRef(version),
    trafficPercent: weights.get(version.number) ?? 0,
  }));
}

function listText(list: readonly Listed[], { palette, width }: Output): string {
  const rows = list
    .toReversed()
    .map((version) => [
      cell(version.ref, version.trafficPercent > 0 ? palette.green : palette.bold),
      cell(version.trafficPercent > 0 ? `${version.trafficPercent} %` : '', palette.green, { align: 'right' }),
      cell(atMinute(version.createdAt), palette.dim),
      cell(version.author, undefined, { flexible: true }),
      cell(
        version.commit === null ? '' : `${version.commit.sha.slice(0, 9)}${version.commit.dirty ? '+' : ''}`,
        palette.dim,
      ),
      cell(shortDigest(version.artifact), palette.dim),
      cell(
        version.kind === 'rollback' ? `restores @${version.restores}: ${version.message}` : version.message,
        undefined,
        { flexible: true },
      ),
    ]);
  const none = list.every(({ trafficPercent }) => trafficPercent === 0);
  const head = ['version', 'traffic', 'published (UTC)', 'by', 'commit', 'artifact', 'message'].map((text) =>
    cell(text, palette.dim),
  );
  const hint = none ? [`  ${palette.yellow('None is active:')} mission activate ${list.at(-1)?.ref ?? ''}`] : [];
  return [...tableLines([head, ...rows], width), ...hint].join('\n');
}

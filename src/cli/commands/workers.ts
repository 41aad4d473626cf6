import type { Command } from 'commander';
import { cell, tableLines } from '../../compare/render/layout.ts';
import type { Registry } from '../../registry/registry.ts';
import type { ReplayHost } from '../../registry/replay-hosts.ts';
import type { HostedArtifactState, LiveWorker } from '../../registry/workers.ts';
import { formatDuration } from '../../shared/duration.ts';
import { formatVersionRef } from '../../shared/version-ref.ts';
import { addCommand, type Call, type CliHost } from '../command.ts';
import { EXIT } from '../io.ts';
import type { Output } from '../output.ts';
import { counted } from '../words.ts';

export function addWorkers(program: Command, host: CliHost): void {
  addCommand<object>(program, host, {
    usage: 'workers [mission]',
    summary: 'who hosts which versions, since when, and whether they are ready for runs',
    examples: [['mission workers', 'a process that was killed is gone after 20 seconds']],
    run,
  });
}

interface Hosted extends HostedArtifactState {
  /** Names of the versions that hold the artifact. */
  readonly versions: readonly string[];
}

interface Process extends Omit<LiveWorker, 'hosted'> {
  readonly hosted: readonly Hosted[];
}

interface Gap {
  readonly version: string;
  readonly trafficPercent: number;
}

async function run({ context, output, args: [given] }: Call<object>): Promise<number> {
  const registry = await context.registry();
  const missions = await context.missions(given);
  const names = await namesOf(registry, missions);
  const processes = (await registry.workers.live(given)).map((worker): Process => {
    const hosted = worker.hosted.map((one) => ({ ...one, versions: names.get(one.artifact) ?? [] }));
    return { ...worker, hosted };
  });
  const unready = await gapsOf(registry, missions, processes);
  const replayHosts = await registry.replayHosts.live();
  await output.result({ processes, unready, replayHosts }, () =>
    [workersText(processes, unready, output), ...replayLines(replayHosts, output)].join('\n'),
  );
  return EXIT.ok;
}

/** Who takes shards of replays. */
function replayLines(hosts: readonly ReplayHost[], { palette }: Output): readonly string[] {
  return hosts.map(({ identity, processes, release }) => {
    const aside = palette.dim(
      `takes shards of replays of release ${release}, in ${counted(processes, 'process', 'processes')}`,
    );
    return `${palette.bold(identity)}  ${aside}`;
  });
}

/** Artifact → names of the versions that hold it. */
async function namesOf(registry: Registry, missions: readonly string[]): Promise<Map<string, string[]>> {
  const names = new Map<string, string[]>();
  for (const version of (await Promise.all(missions.map((mission) => registry.versions.list(mission)))).flat()) {
    names.set(version.artifact, [...(names.get(version.artifact) ?? []), formatVersionRef(version)]);
  }
  return names;
}

/** Versions with a share of the traffic that nobody is ready for. */
async function gapsOf(
  registry: Registry,
  missions: readonly string[],
  processes: readonly Process[],
): Promise<readonly Gap[]> {
  const ready = new Set(
    processes.flatMap(({ hosted }) => hosted.flatMap(({ state, versions }) => (state === 'ready' ? versions : []))),
  );
  const routes = await Promise.all(missions.map((mission) => registry.routes.current(mission)));
  return routes.flatMap((route) =>
    (route?.weights ?? [])
      .filter(({ weight }) => weight > 0)
      .map(({ version, weight }) => ({
        version: formatVersionRef({ mission: route?.mission ?? '', number: version }),
        trafficPercent: weight / 100,
      }))
      .filter(({ version }) => !ready.has(version)),
  );
}

function workersText(processes: readonly Process[], unready: readonly Gap[], { palette, width }: Output): string {
  const now = Date.now();
  const warnings = unready.map(({ version, trafficPercent }) =>
    palette.red(`✗ ${version} has ${trafficPercent} % of the traffic, and no worker is ready for it.`),
  );
  if (processes.length === 0) {
    return ['No worker process lives. Start one: mission worker, or mission dev.', ...warnings].join('\n');
  }
  const blocks = processes.map(({ identity, host, pid, startedAt, hosted }) => {
    const head = `${palette.bold(identity)}  ${palette.dim(`${host}, process ${pid}, for ${formatDuration(now - Date.parse(startedAt))}, ${counted(hosted.length, 'worker')}`)}`;
    const rows = hosted.map(({ versions, state, since, error }) => [
      cell(versions.join(', ') || 'unknown', palette.bold),
      cell(
        state,
        { ready: palette.green, failed: palette.red, starting: palette.yellow, stopping: palette.dim }[state],
      ),
      cell(`for ${formatDuration(Math.max(0, now - Date.parse(since)))}`, palette.dim),
      cell(error ?? '', palette.red, { flexible: true }),
    ]);
    return [head, ...tableLines(rows, width)].join('\n');
  });
  return [...blocks, ...warnings].join('\n');
}

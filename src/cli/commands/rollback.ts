import type { Command } from 'commander';
import type { Registry } from '../../registry/registry.ts';
import type { Rollback } from '../../release/rollback.ts';
import type { ServerDefault } from '../../release/server-default.ts';
import { formatDuration } from '../../shared/duration.ts';
import { messageOf } from '../../shared/errors.ts';
import { formatVersionRef, parseVersionOf } from '../../shared/version-ref.ts';
import { addCommand, type Call, type CliHost, option } from '../command.ts';
import type { CliContext } from '../context.ts';
import { type WaitOptions, waitOption, whileWaiting } from '../hosting-wait.ts';
import { EXIT } from '../io.ts';
import { counted } from '../words.ts';

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
      option('--to <version>', 'which one (default: the one that had all traffic last)'),
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
  const to = options.to === undefined ? undefined : parseVersionOf(mission, options.to);
  const registry = await context.registry();
  const { rollback } = await import('../../release/rollback.ts');
  const { reason, force } = options;
  const done = await whileWaiting(call, (hosting) =>
    rollback({ registry, mission, to, reason, by: context.actor, force, hosting }),
  );
  const { palette } = output;
  const took = formatDuration(done.tookMs);
  const described = {
    ref: formatVersionRef(done.version),
    restores: done.restored.number,
    previous: done.previous,
    replaced: done.replaced,
    tookMs: Math.round(done.tookMs),
    unhosted: done.unhosted ?? null,
    route: done.route,
  };
  if (output.json) {
    const server = await tellServer(call, registry, mission);
    const { inFlight, uncounted } = await countInFlight(call, registry, done);
    await output.result({ ...described, server, inFlight, ...(uncounted !== undefined && { uncounted }) }, () => '');
    return EXIT.ok;
  }
  // It is in force, and said at once: the server is told, and what is in flight is counted, afterwards.
  await output.result(
    described,
    () =>
      `${palette.green('✓')} ${palette.bold(formatVersionRef(done.version))} brings back ${formatVersionRef(done.restored)} and takes all new runs (before: ${named(done.replaced)}), route revision ${done.route.revision}, in ${took}.`,
  );
  if (done.unhosted !== undefined) {
    output.note(`No worker is ready for it (${done.unhosted}): new runs wait. See: mission workers.`);
  }
  output.raw(`${serverLine(await tellServer(call, registry, mission))}\n`);
  const lines = inFlightLines(mission, await countInFlight(call, registry, done));
  output.raw(`${lines.join('\n')}\n`);
  return EXIT.ok;
}

const NO_SERVER = "the project's Temporal server does not run";

/** The rollback is done, whatever comes of this. */
async function tellServer({ context }: Call<Options>, registry: Registry, mission: string): Promise<ServerDefault> {
  try {
    const temporal = await context.runningTemporal();
    if (temporal === undefined) return { follows: false, why: NO_SERVER };
    const { setServerDefault } = await import('../../release/server-default.ts');
    return await setServerDefault({ registry, temporal, mission });
  } catch (error) {
    return { follows: false, why: messageOf(error) };
  }
}

function serverLine(server: ServerDefault): string {
  if (server.follows) return `Schedules and plain Temporal clients get ${server.version} too.`;
  return `Schedules and plain Temporal clients do not get it yet: ${server.why}. The next worker that looks sees to it: mission worker.`;
}

interface InFlight {
  readonly inFlight: readonly { readonly version: number; readonly runs: number }[] | null;
  /** Why they could not be counted. */
  readonly uncounted?: string;
}

/** Nobody waits longer for a number, when the server does not answer. */
const COUNT_MS = 10_000;

/** The rollback is done, whatever comes of this. */
async function countInFlight({ context }: Call<Options>, registry: Registry, done: Rollback): Promise<InFlight> {
  try {
    return await count(context, registry, done);
  } catch (error) {
    return { inFlight: null, uncounted: messageOf(error) };
  }
}

async function count(context: CliContext, registry: Registry, { version, replaced }: Rollback): Promise<InFlight> {
  const temporal = await context.runningTemporal();
  if (temporal === undefined) return { inFlight: null, uncounted: NO_SERVER };
  const { countOpenRuns } = await import('../../fleet/count-open-runs.ts');
  const deadline = Date.now() + COUNT_MS;
  const inFlight = [];
  for (const number of replaced) {
    const bad = await registry.versions.get(version.mission, number);
    const ask = () => countOpenRuns({ client: temporal.client, registry }, bad);
    inFlight.push({ version: number, runs: await temporal.connection.withDeadline(deadline, ask) });
  }
  return { inFlight };
}

function inFlightLines(mission: string, { inFlight, uncounted }: InFlight): string[] {
  if (inFlight === null)
    return [`What is still in flight was not counted: ${uncounted}. See: mission runs ${mission} --open.`];
  return inFlight.map(({ version, runs }) => {
    const ref = `${mission}@${version}`;
    if (runs === 0) return `Nothing is in flight on ${ref} any more.`;
    return `Still in flight on ${ref}: ${counted(runs, 'run')}, which end on it. See: mission runs --version ${ref} --open; mission move and mission stop change that.`;
  });
}

function named(versions: readonly number[]): string {
  return versions.map((number) => `@${number}`).join(', ');
}

import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import type { RunMove } from '../../release/move-one.ts';
import type { MoveRunsOptions } from '../../release/move-runs.ts';
import { MissionError } from '../../shared/errors.ts';
import { formatVersionRef } from '../../shared/version-ref.ts';
import { addCommand, type Call, type CliHost, listOption, option } from '../command.ts';
import { type WaitOptions, whileWaiting } from '../hosting-wait.ts';
import { EXIT } from '../io.ts';
import type { Output } from '../output.ts';
import { readCount, readDuration } from '../read-values.ts';
import { counted } from '../words.ts';

interface Options extends WaitOptions {
  readonly from: string;
  readonly to: string;
  readonly reason?: string;
  readonly run?: readonly string[];
  readonly dryRun?: boolean;
  readonly verify: boolean;
  readonly force?: boolean;
  readonly workers?: number;
}

export function addMove(program: Command, host: CliHost): void {
  addCommand<Options>(program, host, {
    usage: 'move [mission]',
    summary: 'move open runs to another version, those whose history replays there exactly',
    options: [
      option('--from <version>', 'the version they are on').makeOptionMandatory(),
      option('--to <version>', 'the version that they go on with').makeOptionMandatory(),
      option('--reason <text>', 'why; it is recorded'),
      listOption('--run <ids>', 'only these, by workflow id'),
      option('--dry-run', 'check every run and say what would be done'),
      option('--verify', 'check every run before it is moved').default(true),
      option('--no-verify', 'move without a check; needs --force and --reason'),
      option('--force', 'confirms --no-verify'),
      option(
        '--wait <duration>',
        'how long a worker of a target that sleeps may take to become ready (default: 30s)',
        readDuration,
      ),
      option('--workers <count>', 'processes of the replay (default: one per processor)', readCount),
    ],
    examples: [
      ['mission move --from @2 --to @5 --dry-run', 'which runs could go on with version 5'],
      ['mission move --from @2 --to @5 --reason "rounding error in @2"', 'repeat it to move what is left'],
    ],
    run,
  });
}

async function run(call: Call<Options>): Promise<number> {
  const { context, output, options } = call;
  const { parseVersionOf } = await import('../../shared/version-ref.ts');
  const mission = await missionOf(context, call.args[0], options);
  const from = parseVersionOf(mission, options.from);
  const to = parseVersionOf(mission, options.to);
  checkForce(options);
  const done = await whileWaiting(call, (hosting) => moveAll(call, { from, to, hosting }));
  await output.result({ from: formatVersionRef(from), to: formatVersionRef(to), runs: done }, () =>
    moveText(done, { from: formatVersionRef(from), to: `@${to.number}`, options, output }),
  );
  return done.some(({ status }) => status === 'kept' || status === 'elsewhere') ? EXIT.refused : EXIT.ok;
}

async function moveAll(
  { context, output, options, io }: Call<Options>,
  what: Pick<MoveRunsOptions, 'from' | 'to' | 'hosting'>,
): Promise<RunMove[]> {
  const registry = await context.registry('change');
  const temporal = await context.temporal();
  const { moveRuns } = await import('../../release/move-runs.ts');
  const progress = output.progress(`Moving open runs of ${formatVersionRef(what.from)}`);
  let total = 0;
  const moves = moveRuns({
    ...what,
    registry,
    temporal,
    workflowIds: options.run,
    dryRun: options.dryRun === true,
    unchecked: !options.verify,
    by: context.actor,
    reason: options.reason ?? '',
    action: randomUUID(),
    workers: options.workers,
    signal: io.signal,
    onListed: (runs) => {
      total = runs;
    },
  });
  const done: RunMove[] = [];
  try {
    for await (const move of moves) {
      done.push(move);
      progress.update(done.length, Math.max(total, done.length));
    }
  } finally {
    progress.end();
  }
  return done;
}

async function missionOf(context: Call<Options>['context'], given: string | undefined, options: Options) {
  if (given !== undefined) return given;
  const named = [options.from, options.to].find((text) => /^[a-z].*@/.test(text));
  return named === undefined ? context.mission(undefined) : named.slice(0, named.lastIndexOf('@'));
}

function checkForce({ verify, force, reason, dryRun }: Options): void {
  if (verify || (force === true && reason !== undefined)) return;
  throw new MissionError('USAGE', 'Moving runs without a check is refused unless it is forced.', {
    remedy: `Leave --no-verify out, or confirm it: --no-verify --force --reason "…"${dryRun === true ? '' : '. Look first with --dry-run'}.`,
  });
}

interface MoveWords {
  readonly from: string;
  readonly to: string;
  readonly options: Options;
  readonly output: Output;
}

function moveText(runs: readonly RunMove[], { from, to, options, output: { palette } }: MoveWords): string {
  if (runs.length === 0) return `No open runs are on ${from}. A run that just started shows after a second or so.`;
  const moved = runs.filter(({ status }) => status === 'moved' || status === 'movable');
  const kept = runs.flatMap((one) => (one.status === 'kept' ? [one] : []));
  const elsewhere = runs.flatMap((one) => (one.status === 'elsewhere' ? [one] : []));
  const ended = runs.filter(({ status }) => status === 'ended').length;
  const checked = options.verify ? '' : ', unchecked';
  const what = options.dryRun === true ? `can be moved to ${to}` : `moved from ${from} to ${to}${checked}`;
  const mark = moved.length > 0 ? palette.green('✓') : palette.dim('·');
  const why = ({ workflowId, reason }: { readonly workflowId: string; readonly reason: string }) =>
    `    ${palette.bold(workflowId)}  ${reason}`;
  return [
    `${mark} ${counted(moved.length, 'run')} ${what}`,
    ...movedBefore(runs).map((line) => palette.dim(line)),
    ...(kept.length === 0
      ? []
      : [
          `${palette.yellow('!')} ${counted(kept.length, 'run')} cannot, and ${kept.length === 1 ? 'stays' : 'stay'} on ${from}`,
        ]),
    ...kept.map(why),
    ...(elsewhere.length === 0
      ? []
      : [`${palette.yellow('!')} ${counted(elsewhere.length, 'run')} went elsewhere meanwhile, and stayed there`]),
    ...elsewhere.map(why),
    ...(ended === 0 ? [] : [palette.dim(`  ${counted(ended, 'run')} ended meanwhile`)]),
    ...(options.dryRun === true ? [palette.dim('  Nothing was moved: this was a dry run.')] : []),
  ].join('\n');
}

/** Of those that somebody else moved there at the same time: a line for each who did. */
function movedBefore(runs: readonly RunMove[]): string[] {
  const by = runs.flatMap((one) => (one.status === 'moved-before' ? [one.by] : []));
  return [...new Set(by)].map((who) => {
    const count = by.filter((one) => one === who).length;
    return `  ${counted(count, 'run')} had been moved there already, by ${who}`;
  });
}

/** `retire`, `wake`, `hold` and `release-hold`: orders about hosting. */
import type { Command } from 'commander';
import type { HostingOrder } from '../../registry/hosting.ts';
import { formatVersionRef, type VersionRef } from '../../shared/version-ref.ts';
import { addCommand, type Call, type CliHost, option } from '../command.ts';
import { EXIT } from '../io.ts';
import { readDuration } from '../read-values.ts';
import { atMinute } from '../words.ts';

interface Options {
  readonly reason: string;
}

interface WakeOptions {
  readonly for?: number;
  readonly reason?: string;
}

const WAKE_MS = 3_600_000;

const reasonOption = () => option('--reason <text>', 'why; it is recorded').makeOptionMandatory();

export function addRetire(program: Command, host: CliHost): void {
  addCommand<Options>(program, host, {
    usage: 'retire <version>',
    summary: 'let go of a version: workers stop to keep it warm; mission wake brings it back',
    options: [reasonOption()],
    examples: [['mission retire @2 --reason "superseded"', 'refused while it has traffic, open runs or a hold']],
    run: async (call) => {
      const { ref, registry, by } = await request(call);
      const temporal = await call.context.temporal();
      const { retireVersion } = await import('../../release/hosting-orders.ts');
      const { order, server } = await retireVersion({ registry, temporal, ref, by, reason: call.options.reason });
      const told = {
        removed: 'The Temporal server has forgotten it.',
        unknown: 'The Temporal server does not know it.',
        later: 'The Temporal server keeps it while it was polled or drains; workers ask again.',
      }[server];
      return tell(call, order, { server }, `${formatVersionRef(ref)} is retired. ${told}`);
    },
  });
}

export function addWake(program: Command, host: CliHost): void {
  addCommand<WakeOptions>(program, host, {
    usage: 'wake <version>',
    summary: 'have workers host a version for a while, whatever else they host',
    options: [
      option('--for <duration>', 'how long (default: 1h)', readDuration),
      option('--reason <text>', 'why; it is recorded'),
    ],
    examples: [['mission wake @2 --for 2h', 'to query its closed runs']],
    run: async (call) => {
      const { ref, registry, by } = await request(call);
      const { wakeVersion } = await import('../../release/hosting-orders.ts');
      const { for: forMs = WAKE_MS, reason = 'asked for' } = call.options;
      const order = await wakeVersion({ registry, ref, by, reason, forMs });
      const until = order.until === null ? '' : ` until ${atMinute(order.until)} UTC`;
      return tell(call, order, {}, `Workers are asked to host ${formatVersionRef(ref)}${until}. See: mission workers.`);
    },
  });
}

export function addHold(program: Command, host: CliHost): void {
  addCommand<Options>(program, host, {
    usage: 'hold <version>',
    summary: 'keep a version hosted, for an audit, until the hold is released',
    options: [reasonOption()],
    examples: [['mission hold @2 --reason "case 4711"', '']],
    run: async (call) => {
      const { ref, registry, by } = await request(call);
      const { holdVersion } = await import('../../release/hosting-orders.ts');
      const order = await holdVersion({ registry, ref, by, reason: call.options.reason });
      return tell(call, order, {}, `${formatVersionRef(ref)} stays hosted until the hold is released.`);
    },
  });
}

export function addReleaseHold(program: Command, host: CliHost): void {
  addCommand<Options>(program, host, {
    usage: 'release-hold <version>',
    summary: 'end the hold of a version',
    options: [reasonOption()],
    run: async (call) => {
      const { ref, registry, by } = await request(call);
      const { releaseHold } = await import('../../release/hosting-orders.ts');
      const order = await releaseHold({ registry, ref, by, reason: call.options.reason });
      return tell(call, order, {}, `${formatVersionRef(ref)} is held no longer.`);
    },
  });
}

async function request({ context, args: [text = ''] }: Pick<Call<unknown>, 'context' | 'args'>) {
  const ref: VersionRef = await context.ref(text);
  return { ref, registry: await context.registry('change'), by: context.actor };
}

async function tell<Options>(
  { output }: Call<Options>,
  order: HostingOrder,
  more: Readonly<Record<string, unknown>>,
  text: string,
): Promise<number> {
  await output.result({ ...order, ...more }, () => `${output.palette.green('✓')} ${text}`);
  return EXIT.ok;
}

/**
 * A process that takes shards: `shard-worker.ts <database URL> <Temporal address> <name> [death]`. It says `ready`, and dies as it
 * was told: `before-keeping` its first results, or `after-keeping` them, before the server hears of it.
 */
import { DefaultLogger } from '@temporalio/worker';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import { startReplayHost } from '../../src/sharding/replay-host.ts';
import { connectTemporal } from '../../src/temporal/connection.ts';
import { installRuntime } from '../../src/temporal/runtime.ts';

await installRuntime({ logger: new DefaultLogger('ERROR', () => undefined), coreLevel: 'ERROR', metrics: false });
const [databaseUrl, address = '', identity = '', death] = process.argv.slice(2);
const registry = mortal(await openRegistry({ databaseUrl, actor: identity }));
const temporal = await connectTemporal({ address, env: {} });
const host = startReplayHost({
  registry,
  temporal,
  identity,
  processes: 1,
  leaseMs: 5_000,
  noteMs: 200,
  onEvent: (event) => process.send?.(event.kind === 'taken' ? { taken: event.shard } : event.kind),
});
process.once('SIGTERM', () => void stop());

function mortal(whole: Registry): Registry {
  if (death === undefined) return whole;
  const keep: Registry['replays']['keep'] = async (...args) => {
    if (death === 'after-keeping') await whole.replays.keep(...args);
    process.kill(process.pid, 'SIGKILL');
    return new Promise(() => undefined);
  };
  return { ...whole, replays: { ...whole.replays, keep } };
}

async function stop(): Promise<void> {
  await host.stop();
  await temporal.close();
  await registry.close();
  process.disconnect();
}

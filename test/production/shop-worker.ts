/** A worker process with its recorder and shadows, to be killed: `shop-worker.ts <database URL> <Temporal address> <mission>`. */
import { startFleet } from '../../src/fleet/fleet.ts';
import { startRecorder } from '../../src/recording/recorder.ts';
import { openRegistry } from '../../src/registry/registry.ts';
import { runsOf } from '../../src/routing/mission-query.ts';
import { followShadows } from '../../src/shadow/follow-shadows.ts';
import { connectTemporal } from '../../src/temporal/connection.ts';

const [databaseUrl, address = '', mission = ''] = process.argv.slice(2);
const registry = await openRegistry({ databaseUrl, actor: 'worker' });
const temporal = await connectTemporal({ address, env: {} });
const recorder = startRecorder({
  client: temporal.client,
  registry,
  server: 'shop',
  identity: `recorder-${process.pid}`,
  redactionKey: new Uint8Array(32),
  missions: [mission],
  queryOf: runsOf,
  sweepMs: 5_000,
});
const shadows = followShadows({
  client: temporal.client,
  registry,
  server: 'shop',
  identity: `shadows-${process.pid}`,
  redactionKey: new Uint8Array(32),
  missions: [mission],
});
await startFleet({
  registry,
  temporal,
  missions: [mission],
  shadows: shadows.host,
  pollMs: 500,
  leaseMs: 8_000,
  drainMs: 500,
  onRunEnding: (run) => recorder.notice(run),
});

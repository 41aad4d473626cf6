/** A process that hosts a mission, to be killed: `fleet-process.ts <database URL> <Temporal address> <mission>`. */
import { startFleet } from '../../src/fleet/fleet.ts';
import { openRegistry } from '../../src/registry/registry.ts';
import { connectTemporal } from '../../src/temporal/connection.ts';

const [databaseUrl, address = '', mission = ''] = process.argv.slice(2);
const registry = await openRegistry({ databaseUrl, actor: 'worker' });
const temporal = await connectTemporal({ address, env: {} });
const fleet = await startFleet({ registry, temporal, missions: [mission], pollMs: 500, drainMs: 500, leaseMs: 8_000 });
process.once('SIGTERM', () => void stop());

async function stop(): Promise<void> {
  await fleet.shutdown();
  await temporal.close();
  await registry.close();
}

/** A recorder in a process of its own, whose third store never comes back: it says so, to be killed there. */
import { startRecorder } from '../../../src/recording/recorder.ts';
import { openRegistry } from '../../../src/registry/registry.ts';
import { runsOf } from '../../../src/routing/mission-query.ts';
import { connectTemporal } from '../../../src/temporal/connection.ts';

const { databaseUrl, address, mission } = JSON.parse(process.argv[2] ?? '{}');
const registry = await openRegistry({ databaseUrl, actor: 'killed' });
const temporal = await connectTemporal({ address, env: {} });
let stores = 0;
const collection: typeof registry.collection = {
  ...registry.collection,
  store: async (...given) => {
    stores += 1;
    if (stores < 3) return registry.collection.store(...given);
    process.send?.('stuck');
    return new Promise(() => undefined);
  },
};
const recorder = startRecorder({
  client: temporal.client,
  registry: { ...registry, collection },
  server: `killed-${process.pid}`,
  identity: 'killed',
  redactionKey: new Uint8Array(32),
  missions: [mission],
  queryOf: runsOf,
});
await recorder.idle();

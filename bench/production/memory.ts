/** Memory of a live version: our fleet with few and with many versions, beside plain workers of the SDK in one process. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Weighed } from './hosting-process.ts';
import { against, mb, row } from './numbers.ts';
import {
  buildMission,
  editionOf,
  MISSION,
  publishArtifact,
  publishEditions,
  type Stand,
  shareTraffic,
} from './stand.ts';

const AIM_MB = 15;
const PROCESS_AIM_MB = 2_048;
const MIB = 2 ** 20;
const script = fileURLToPath(new URL('./hosting-process.ts', import.meta.url));

export interface MemoryOptions {
  /** Versions in the ledger. */
  readonly published: number;
  /** Versions with traffic; at most what the server knows of one deployment, 100. */
  readonly live: number;
  /** Plain workers in one process. */
  readonly plain: number;
}

export interface Memory extends MemoryOptions {
  readonly few: Weighed;
  readonly many: Weighed;
  readonly plainOne: Weighed;
  readonly plainMany: Weighed;
}

async function weigh(kind: 'ours' | 'sdk', place: readonly [string, string], workers: number): Promise<Weighed> {
  const child = fork(script, [kind, ...place, String(workers)], { execArgv: ['--expose-gc', '--import', 'tsx'] });
  let weighed: Weighed | undefined;
  child.on('message', (message) => {
    weighed = message as Weighed;
  });
  await new Promise((resolve) => child.once('exit', resolve));
  if (weighed === undefined) throw new Error(`The process with ${workers} workers (${kind}) ended without a word.`);
  return weighed;
}

export async function measureMemory(
  stand: Stand,
  options: MemoryOptions,
  tell: (line: string) => void,
): Promise<Memory> {
  const { registry, databaseUrl } = await stand.newRegistry();
  const artifact = await buildMission();
  await publishArtifact(registry, artifact);
  tell(`publishing ${options.published} versions`);
  await publishEditions(registry, artifact, options.published);
  const place = [databaseUrl, stand.address] as const;
  const newest = (count: number) => Array.from({ length: count }, (_, index) => options.published - index);
  const ours = async (count: number) => {
    tell(`hosting ${count} of them`);
    await shareTraffic(registry, MISSION, newest(count));
    return weigh('ours', place, count);
  };
  // The few come last: what had traffic lately stays warm, and would be weighed with them.
  const many = await ours(options.live);
  const { registry: other, databaseUrl: otherUrl } = await stand.newRegistry();
  // One that the server knows: it takes no 101st version of a deployment.
  await publishArtifact(other, editionOf(artifact, options.published));
  await shareTraffic(other, MISSION, [1]);
  const few = await weigh('ours', [otherUrl, stand.address], 1);
  tell('hosting plain workers');
  const plainOne = await weigh('sdk', place, 1);
  const plainMany = await weigh('sdk', place, options.plain);
  return { ...options, few, many, plainOne, plainMany };
}

/** What one more worker weighs, in MB. */
const perWorker = (less: Weighed, more: Weighed) => (more.rss - less.rss) / MIB / (more.workers - less.workers);

export function describeMemory({ few, many, plainOne, plainMany, published }: Memory): readonly string[] {
  const [ours, plain] = [perWorker(few, many), perWorker(plainOne, plainMany)];
  const columns = (name: string, { rss, workers, readySeconds }: Weighed, each?: number) =>
    row(`${name}, ${workers} live`, mb(rss / MIB), each === undefined ? '' : mb(each), `${readySeconds.toFixed(1)} s`);
  return [
    row('', 'resident', 'one more', 'ready after'),
    columns('plain workers', plainOne),
    columns('plain workers', plainMany, plain),
    columns('ours', few),
    columns(`ours, ${published} published`, many, ours),
    `  One more version weighs ${(ours / plain).toFixed(2)} of a plain worker: ${against(ours <= AIM_MB, `${AIM_MB} MB`)}.`,
    `  The process with ${many.workers} live versions is ${against(many.rss / MIB <= PROCESS_AIM_MB, '2 GB')}.`,
  ];
}

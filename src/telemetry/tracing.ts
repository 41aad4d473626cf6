/** OpenTelemetry by its own environment variables. Its SDK is loaded only when they ask for it. */
import { trace } from '@opentelemetry/api';
import { ownPackageVersion } from '../artifact/kit-location.ts';
import { idGenerator } from './span-ids.ts';

export interface Tracing {
  /** Sends what is left, for five seconds at most. */
  close(): Promise<void>;
}

const CLOSE_MS = 5_000;
const ASKING = ['OTEL_TRACES_EXPORTER', 'OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] as const;

/** Whether the environment asks for traces. Pure. */
export function wantsTracing(env: NodeJS.ProcessEnv): boolean {
  if (env['OTEL_SDK_DISABLED']?.toLowerCase() === 'true' || env['OTEL_TRACES_EXPORTER'] === 'none') return false;
  return ASKING.some((name) => Boolean(env[name]));
}

let running = false;

/**
 * Starts to send traces as `OTEL_…` says: exporter, endpoint, sampler, service name, propagators. OpenTelemetry's SDK reads
 * the environment of the process. Metrics and logs are not its business here.
 *
 * @returns `undefined` when nothing asks for traces, or they are sent already.
 */
export async function startTracing(env: NodeJS.ProcessEnv = process.env): Promise<Tracing | undefined> {
  if (running || !wantsTracing(env)) return undefined;
  running = true;
  const { NodeSDK, resources } = await import('@opentelemetry/sdk-node');
  const own = resources.resourceFromAttributes({
    'service.name': env['OTEL_SERVICE_NAME'] || 'mission-runtime',
    'service.version': ownPackageVersion('mission-runtime'),
  });
  const sdk = new NodeSDK({
    idGenerator,
    resource: resources.defaultResource().merge(own),
    metricReaders: [],
    logRecordProcessors: [],
    instrumentations: [],
  });
  sdk.start();
  return {
    async close() {
      await inTime(sdk.shutdown());
      trace.disable();
      running = false;
    },
  };
}

/** A collector that is away must not keep a program from ending. */
async function inTime(shutdown: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, CLOSE_MS);
  });
  await Promise.race([shutdown.catch(() => undefined), late]);
  clearTimeout(timer);
}

/** Health, readiness and metrics over HTTP, for probes and Prometheus. It takes no input and changes nothing. */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MissionError, messageOf } from '../shared/errors.ts';
import type { Json, JsonObject } from '../shared/json.ts';

/** What a probe is told. */
export interface Health {
  readonly ok: boolean;
  /** What is wrong, or what is there. */
  readonly facts: JsonObject;
}

export interface HealthServerOptions {
  /** 0 for any free one. */
  readonly port: number;
  /** @default the loopback interface */
  readonly host?: string | undefined;
  /** Whether the process does its work; when not, it should be started again. */
  readonly live: () => Health;
  /** Whether it can take on what it is there for. */
  readonly ready: () => Promise<Health>;
  /** In Prometheus' text format. */
  readonly metrics: () => Promise<string>;
}

export interface HealthServer {
  /** `http://127.0.0.1:8080` */
  readonly address: string;
  close(): Promise<void>;
}

const LOOPBACK_HOST = '127.0.0.1';
const PROMETHEUS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** @throws MissionError `CONFIG_INVALID` when nothing can listen there. */
export async function startHealthServer(options: HealthServerOptions): Promise<HealthServer> {
  const { port, host = LOOPBACK_HOST } = options;
  const server = createServer({ requestTimeout: 10_000 }, (request, response) => {
    const path = request.url?.split('?')[0] ?? '';
    void answer(options, request.method ?? '', path, response).catch((error: unknown) =>
      respond(response, 500, { error: messageOf(error) }),
    );
  });
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    throw new MissionError('CONFIG_INVALID', `Nothing can listen on ${host}:${port}: ${messageOf(error)}.`, {
      remedy: 'Give another port with --health-port or MISSION_HEALTH_PORT; 0 takes any that is free.',
      cause: error,
    });
  }
  const { address, family, port: bound } = server.address() as AddressInfo;
  return {
    address: `http://${family === 'IPv6' ? `[${address}]` : address}:${bound}`,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function answer(
  { live, ready, metrics }: HealthServerOptions,
  method: string,
  path: string,
  response: ServerResponse,
): Promise<void> {
  if (method !== 'GET' && method !== 'HEAD') return respond(response, 405, { error: 'GET only' });
  switch (path) {
    case '/healthz':
      return respondHealth(response, live());
    case '/readyz':
      return respondHealth(response, await ready());
    case '/metrics':
      response.writeHead(200, { 'content-type': PROMETHEUS_TYPE }).end(await metrics());
      return;
    default:
      return respond(response, 404, { error: 'There are /healthz, /readyz and /metrics.' });
  }
}

function respondHealth(response: ServerResponse, { ok, facts }: Health): void {
  respond(response, ok ? 200 : 503, { ok, ...facts });
}

function respond(response: ServerResponse, status: number, body: Json): void {
  if (response.headersSent) return;
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' };
  response.writeHead(status, headers).end(`${JSON.stringify(body)}\n`);
}

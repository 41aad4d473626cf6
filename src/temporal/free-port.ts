/** Ports on the loopback interface. */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { MissionError } from '../shared/errors.ts';

export const LOOPBACK = '127.0.0.1';

/** `preferred` when nobody listens there, else a port that the system says is free. */
export async function freePort(preferred?: number): Promise<number> {
  for (const wanted of [preferred, 0]) {
    const port = wanted === undefined ? undefined : await tryPort(wanted);
    if (port !== undefined) return port;
  }
  throw new MissionError('TEMPORAL_UNAVAILABLE', `The system has no free port on ${LOOPBACK}.`, {
    remedy: 'Close programs that hold many connections, then try again.',
  });
}

/** Whether something accepts connections there. */
export async function isListening(port: number): Promise<boolean> {
  const socket = connect({ port, host: LOOPBACK });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(1_000) });
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function tryPort(port: number): Promise<number | undefined> {
  const server = createServer();
  try {
    server.listen(port, LOOPBACK);
    await once(server, 'listening');
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : undefined;
  } catch {
    return undefined;
  } finally {
    server.close();
  }
}

import { describe, expect, it, vi } from 'vitest';
import { Berth } from '../../src/fleet/berth.ts';
import { describeFleetEvent, type FleetEvent } from '../../src/fleet/fleet-event.ts';
import type { HostedArtifact } from '../../src/fleet/host-artifact.ts';

const target = { mission: 'triage', artifact: 'sha256:a', versions: [2, 4], reasons: ['traffic' as const] };

/** A worker that ends when it is told to. */
function worker() {
  const { promise, resolve, reject } = withResolvers();
  const stop = vi.fn(async () => resolve());
  return { hosted: { ended: promise, stop } satisfies HostedArtifact, stop, fail: reject };
}

function withResolvers() {
  let resolve: () => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

function open(host: () => Promise<HostedArtifact>) {
  const events: FleetEvent[] = [];
  const berth = new Berth(target, {
    host,
    awaitReady: async () => undefined,
    onEvent: (event) => void events.push(event),
  });
  const kinds = () => events.map(({ kind }) => kind);
  return { berth, events, kinds };
}

describe('a berth', () => {
  it('starts, is ready, and drains when it is stopped', async () => {
    const { hosted, stop } = worker();
    const { berth, kinds } = open(async () => hosted);
    await vi.waitFor(() => expect(berth.state).toBe('ready'));
    await berth.stop();
    expect(stop).toHaveBeenCalledOnce();
    expect(kinds()).toEqual(['starting', 'ready', 'stopping', 'stopped']);
  });

  it('starts a failed worker again, and says what happened', async () => {
    const [first, second] = [worker(), worker()];
    const queue = [first.hosted, second.hosted];
    const { berth, events, kinds } = open(async () => queue.shift() ?? second.hosted);
    await vi.waitFor(() => expect(berth.state).toBe('ready'));
    first.fail(new Error('native panic'));
    await vi.waitFor(() => expect(kinds()).toEqual(['starting', 'ready', 'failed', 'starting', 'ready']));
    expect(events.map(describeFleetEvent)[2]).toBe('triage@2, triage@4 failed: native panic; trying again in 500 ms');
    await berth.stop();
  });

  it('can be stopped while it waits to try again', async () => {
    const { berth, kinds } = open(() => Promise.reject(new Error('cannot load')));
    await vi.waitFor(() => expect(berth.state).toBe('failed'));
    await berth.stop();
    expect(kinds()).toEqual(['starting', 'failed', 'stopping', 'stopped']);
    expect(berth.lastError?.message).toBe('cannot load');
  });

  it('can be stopped while it starts: the worker that comes is stopped at once', async () => {
    const { hosted, stop } = worker();
    const gate = withResolvers();
    const { berth } = open(async () => {
      await gate.promise;
      return hosted;
    });
    const stopped = berth.stop();
    gate.resolve();
    await stopped;
    expect(stop).toHaveBeenCalledOnce();
    expect(berth.state).toBe('stopped');
  });
});

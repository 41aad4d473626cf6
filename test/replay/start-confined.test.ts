import { describe, expect, it } from 'vitest';
import { replayLimits } from '../../src/replay/answer-policy.ts';
import { whyEnded } from '../../src/replay/start-confined.ts';

const MEMORY = 'it exceeded its memory limit (memoryMb: 300)';

describe('why a process of a candidate ended', () => {
  it.each<readonly [string, number | null, NodeJS.Signals | null, string]>([
    ['it took more than it may', null, 'SIGUSR2', MEMORY],
    ['its heap was full', null, 'SIGABRT', MEMORY],
    ['an array was larger than any', null, 'SIGTRAP', MEMORY],
    ['the same, on some processors', null, 'SIGILL', MEMORY],
    ['its heap was full, as a shell tells it', 134, null, MEMORY],
    ['somebody killed it', null, 'SIGKILL', 'its process ended (SIGKILL)'],
    ['V8 crashed', null, 'SIGSEGV', 'its process ended (SIGSEGV)'],
    ['it could not be loaded', 1, null, 'its process ended (exit code 1)'],
  ])('%s', (_, exitCode, signalCode, reason) => {
    expect(whyEnded({ exitCode, signalCode }, replayLimits.parse({ memoryMb: 300 }))).toBe(reason);
  });
});

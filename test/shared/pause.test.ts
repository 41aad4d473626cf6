import { describe, expect, it } from 'vitest';
import { pause } from '../../src/shared/pause.ts';

describe('a pause', () => {
  it('ends at once when the signal is given', async () => {
    const closing = new AbortController();
    const paused = pause(60_000, closing.signal);
    closing.abort();
    await expect(paused).resolves.toBeUndefined();
    await expect(pause(60_000, closing.signal)).resolves.toBeUndefined();
  });
});

import { describe, expect, it } from 'vitest';
import { type HostFacts, judgeLiveness, judgeReadiness } from '../../src/telemetry/readiness.ts';

const ready: HostFacts = {
  isStopping: false,
  parts: [{ name: 'm@1', state: 'ready' }],
  registryError: undefined,
  temporalError: undefined,
};

describe('judgeReadiness', () => {
  it.each<[string, Partial<HostFacts>, boolean, object]>([
    ['all that is wanted is ready', {}, true, { hosted: ['m@1'], registry: 'ok', temporal: 'ok' }],
    ['nothing is wanted', { parts: [] }, true, { hosted: [] }],
    ['one drains', { parts: [{ name: 'm@1', state: 'stopping' }] }, true, { hosted: [] }],
    ['nothing was looked at yet', { parts: undefined }, false, { starting: true }],
    ['the stop was asked for', { isStopping: true }, false, { stopping: true }],
    ['the registry is away', { registryError: 'REGISTRY_UNAVAILABLE' }, false, { registry: 'REGISTRY_UNAVAILABLE' }],
    ['the server is away', { temporalError: 'no answer' }, false, { temporal: 'no answer' }],
    [
      'one failed and one starts',
      {
        parts: [
          { name: 'm@1', state: 'ready' },
          { name: 'm@2', state: 'failed', error: 'no licence' },
          { name: 'n@1', state: 'starting' },
        ],
      },
      false,
      {
        hosted: ['m@1'],
        waiting: [
          { versions: 'm@2', state: 'failed', error: 'no licence' },
          { versions: 'n@1', state: 'starting' },
        ],
      },
    ],
  ])('%s', (_, facts, ok, told) => {
    expect(judgeReadiness({ ...ready, ...facts })).toMatchObject({ ok, facts: told });
  });
});

describe('judgeLiveness', () => {
  const at = (seconds: number) => new Date(1_000_000 + seconds * 1_000);
  it.each([
    [0, true],
    [120, true],
    [121, false],
  ])('the last look %i s ago: %s', (age, ok) => {
    expect(judgeLiveness(at(0), at(age))).toEqual({ ok, facts: { lastLookSecondsAgo: age } });
  });
});

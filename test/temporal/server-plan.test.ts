import { describe, expect, it } from 'vitest';
import { isAtLeast, parseServerVersion } from '../../src/temporal/server-binary.ts';
import { serverCacheDirectory } from '../../src/temporal/server-cache.ts';
import { describeServerPlace, planServerSearch, type ServerSearchFacts } from '../../src/temporal/server-plan.ts';

const everything: ServerSearchFacts = {
  platform: 'linux',
  arch: 'x64',
  commands: { temporal: '/bin/temporal', python: '/bin/python3', go: '/bin/go' },
  cached: '/cache/temporal',
  downloads: true,
};
const nothing: ServerSearchFacts = {
  platform: 'sunos',
  arch: 'sparc',
  commands: { temporal: undefined, python: undefined, go: undefined },
  cached: undefined,
  downloads: true,
};

interface Row {
  readonly given: string;
  readonly facts: ServerSearchFacts;
  /** Places to try, in order. */
  readonly tried: readonly string[];
  /** Places left out, and a word of the reason. */
  readonly skipped: Readonly<Record<string, string>>;
}

const ROWS: readonly Row[] = [
  {
    given: 'everything is there',
    facts: everything,
    tried: ['path', 'cache', 'sdk-download', 'wheel', 'go-install'],
    skipped: { address: 'TEMPORAL_ADDRESS' },
  },
  {
    given: 'nothing is there, on a machine nobody has a wheel for',
    facts: nothing,
    tried: ['sdk-download'],
    skipped: {
      address: 'none was given',
      path: 'no temporal command',
      cache: 'nothing',
      wheel: 'sparc',
      'go-install': 'no go command',
    },
  },
  {
    given: 'downloads are forbidden',
    facts: { ...everything, downloads: false },
    tried: ['path', 'cache'],
    skipped: {
      address: 'none was given',
      'sdk-download': 'not allowed',
      wheel: 'not allowed',
      'go-install': 'not allowed',
    },
  },
  {
    given: 'there is a wheel but no Python',
    facts: { ...everything, commands: { ...everything.commands, python: undefined } },
    tried: ['path', 'cache', 'sdk-download', 'go-install'],
    skipped: { address: 'none was given', wheel: 'no python3 command' },
  },
];

describe('the search for a server', () => {
  it.each(ROWS)('tries the places in their order when $given', ({ facts, tried, skipped }) => {
    const plan = planServerSearch(facts);
    expect(plan.flatMap((planned) => ('source' in planned ? [planned.place] : []))).toEqual(tried);
    const left = Object.fromEntries(
      plan.flatMap((planned) => ('skipped' in planned ? [[planned.place, planned.skipped]] : [])),
    );
    expect(Object.keys(left).sort()).toEqual(Object.keys(skipped).sort());
    for (const [place, reason] of Object.entries(skipped)) expect(left[place]).toContain(reason);
  });

  it('leaves no place out of the plan, so that an error can list them all', () => {
    for (const { facts } of ROWS) {
      const places = planServerSearch(facts).map(({ place }) => place);
      expect(places).toEqual(['address', 'path', 'cache', 'sdk-download', 'wheel', 'go-install']);
      expect(new Set(places.map(describeServerPlace)).size).toBe(places.length);
    }
  });
});

describe('the version of a server', () => {
  it.each([
    ['temporal version 1.9.1 (Server 1.32.0, UI 2.54.1)\n', { cli: '1.9.1', server: '1.32.0' }],
    ['temporal version 1.4.0-rc.1 (Server 1.28.0-141.0, UI 2.36.0)', { cli: '1.4.0-rc.1', server: '1.28.0' }],
    ['temporal version 0.0.0-DEV', undefined],
    ['tctl version 1.18.0', undefined],
    ['', undefined],
  ])('of %j is %j', (text, version) => {
    expect(parseServerVersion(text)).toEqual(version);
  });

  it.each([
    ['1.29.0', '1.29.0', true],
    ['1.32.0', '1.29.0', true],
    ['1.28.9', '1.29.0', false],
    ['1.9.0', '1.29.0', false],
    ['2.0', '1.29.0', true],
    ['1.29', '1.29.0', true],
    ['1.30.0-rc.2', '1.29.0', true],
    ['unknown', '1.29.0', false],
  ])('%s is at least %s: %s', (left, right, expected) => {
    expect(isAtLeast(left, right)).toBe(expected);
  });
});

describe('the cache', () => {
  it.each([
    [{ XDG_CACHE_HOME: '/x', HOME: '/home/u' }, 'linux', '/x/mission-runtime/temporal'],
    [{ XDG_CACHE_HOME: 'relative', HOME: '/home/u' }, 'linux', '/home/u/.cache/mission-runtime/temporal'],
    [{ HOME: '/home/u' }, 'linux', '/home/u/.cache/mission-runtime/temporal'],
    [{ HOME: '/Users/u' }, 'darwin', '/Users/u/Library/Caches/mission-runtime/temporal'],
  ])('with %j on %s is in %s', (env, platform, expected) => {
    expect(serverCacheDirectory(env, platform)).toBe(expected);
  });
});

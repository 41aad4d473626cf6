import { describe, expect, it } from 'vitest';
import type { HostingReason, WantedArtifact } from '../../src/fleet/plan-fleet.ts';
import { countUnhosted } from '../../src/fleet/unhosted.ts';
import type { HostedState } from '../../src/registry/workers.ts';

const wanted = (artifact: string, ...reasons: HostingReason[]): WantedArtifact => ({
  mission: 'claims',
  artifact,
  versions: [1],
  reasons,
});

const worker = (hosted: Readonly<Record<string, HostedState>>) => ({
  hosted: Object.entries(hosted).map(([artifact, state]) => ({
    mission: 'claims',
    artifact,
    state,
    since: '2026-03-01T12:00:00.000Z',
    error: null,
  })),
});

describe('what no process hosts', () => {
  it.each<[string, readonly WantedArtifact[], ReturnType<typeof worker>[], Record<string, number>]>([
    ['nothing is wanted', [], [], {}],
    ['no process lives', [wanted('a', 'traffic'), wanted('b', 'open runs')], [], { claims: 2 }],
    ['any process is ready for it', [wanted('a', 'traffic')], [worker({}), worker({ a: 'ready' })], { claims: 0 }],
    [
      'one only starts, or failed',
      [wanted('a', 'hold'), wanted('b', 'awake')],
      [worker({ a: 'starting', b: 'failed' })],
      { claims: 2 },
    ],
    ['it is kept warm and nothing else', [wanted('a', 'recent', 'rollback')], [], { claims: 0 }],
    ['it is kept warm and has open runs', [wanted('a', 'recent', 'open runs')], [], { claims: 1 }],
  ])('is counted when %s', (_when, asked, live, expected) => {
    expect(Object.fromEntries(countUnhosted(asked, live))).toEqual(expected);
  });
});

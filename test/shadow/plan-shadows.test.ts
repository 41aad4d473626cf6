/** Which runs get a shadow, by what the server lists of them. */
import { describe, expect, it } from 'vitest';
import type { Route } from '../../src/registry/routes.ts';
import { planShadows, type StartedRun } from '../../src/shadow/plan-shadows.ts';
import { digestOf } from '../../src/shared/digest.ts';
import { buildIdOf } from '../../src/temporal/worker-deployments.ts';

const [first, second] = [digestOf('first'), digestOf('second')];
const versions = [
  { number: 1, artifact: first },
  { number: 2, artifact: second },
  // A rollback to the first.
  { number: 3, artifact: first },
];

function route(revision: number, active: number, shadows: readonly number[]): Route {
  const all = shadows.map((version) => ({ version, share: 10_000, salt: `salt-${version}` }));
  const createdAt = `2026-03-0${revision}T00:00:00.000Z`;
  const facts = { revision, createdAt, weights: [{ version: active, weight: 10_000 }], rules: [], shadows: all };
  return facts as unknown as Route;
}

const history = [route(3, 3, [2]), route(2, 1, [2]), route(1, 1, [])];
const plain = (startTime: string, artifact: string | undefined): StartedRun => ({
  workflowId: 'w',
  runId: 'r',
  startTime: new Date(startTime),
  searchAttributes:
    artifact === undefined ? {} : { TemporalWorkerDeploymentVersion: [`orders:${buildIdOf(artifact)}`] },
});
const stamped = (revision: number, artifact = first): StartedRun => ({
  ...plain('2026-03-02T12:00:00.000Z', first),
  memo: { 'mission.stamp': { mission: 'orders', version: 'orders@1', artifact, reason: 'weight', revision } },
});

describe('the shadows of a run', () => {
  it.each<[string, StartedRun, readonly object[] | undefined]>([
    ['by its stamp', stamped(2), [{ primaryVersion: 1, revision: 2 }]],
    ['of a revision without shadows', stamped(1), []],
    ['by the stamp of another registry on the same server', stamped(2, second), []],
    ['of a revision that is not known yet', stamped(4), undefined],
    [
      'that the server started, by its time and build',
      plain('2026-03-02T12:00:00.000Z', first),
      [{ primaryVersion: 1, revision: 2 }],
    ],
    [
      'that the server started, on the default of several versions of a build',
      plain('2026-03-03T12:00:00.000Z', first),
      [{ primaryVersion: 3, revision: 3 }],
    ],
    ['that is on the candidate itself', plain('2026-03-03T12:00:00.000Z', second), []],
    ['that the server started before the first route', plain('2026-02-01T00:00:00.000Z', first), []],
    ['of a build that the ledger does not know', plain('2026-03-03T12:00:00.000Z', digestOf('other')), []],
    ['that no worker took on yet', plain('2026-03-03T12:00:00.000Z', undefined), undefined],
  ])('%s', (_what, run, expected) => {
    const plans = planShadows('orders', run, history, versions);
    const shown = plans?.map(({ primaryVersion, revision }) => ({ primaryVersion, revision }));
    expect(shown).toEqual(expected);
    for (const plan of plans ?? []) expect(plan).toMatchObject({ mission: 'orders', version: 2, artifact: second });
  });
});

/** Which step a candidate cancels is compared, though Temporal's core does not look at it; and reports name that step. */
import { beforeAll, describe, expect, inject, it } from 'vitest';
import type { ReplayResult } from '../../src/compare/outcome.ts';
import { buildRecording } from '../../src/recording/build-recording.ts';
import { answerPolicy, replayLimits } from '../../src/replay/answer-policy.ts';
import type { ReplayInput } from '../../src/replay/departure.ts';
import { NO_LIVE_ANSWERS } from '../../src/replay/live-answers.ts';
import { replayRecording } from '../../src/replay/replay-recording.ts';
import { createSandbox, type Sandbox } from '../../src/replay/sandbox.ts';
import { bundlePlain, recordPlainRuns } from './plain/record.ts';
import { bundleVariant } from './plain/variant.ts';

const FILE = './cancelling.ts';
const options = { answers: answerPolicy.parse({}), limits: replayLimits.parse({}), live: NO_LIVE_ANSWERS };

const KINDS = [
  ['an activity', 'cancelsActivity', 'hang'],
  ['a timer', 'cancelsTimer', 'timer'],
  ['a child workflow', 'cancelsChild', 'child'],
] as const;

describe('cancellations', () => {
  const inputs = new Map<string, ReplayInput>();
  let swapped: Sandbox;
  let added: Sandbox;
  let removed: Sandbox;
  let reordered: Sandbox;

  beforeAll(async () => {
    for (const { name, history } of await recordPlainRuns(inject('temporalAddress'), await bundlePlain())) {
      const { histories, end, ...summary } = buildRecording([history]);
      inputs.set(name, { summary, end, histories });
    }
    const variant = async (from: string, to: string) =>
      createSandbox({ code: await bundleVariant(from, to, FILE) }, 5_000);
    swapped = await variant('one.cancel();', 'other.cancel();');
    added = await variant('one.cancel();', 'one.cancel();\n  other.cancel();');
    removed = await variant('one.cancel();', '');
    reordered = await variant('one.cancel();', 'other.cancel();\n  one.cancel();');
  });

  const replay = (sandbox: Sandbox, name: string): Promise<ReplayResult> =>
    replayRecording({ sandbox, definition: undefined }, inputs.get(name) as ReplayInput, options);

  describe.each(KINDS)('of %s', (_, scenario, step) => {
    const [one, other] = [`cancel:${step}#1`, `cancel:${step}#2`];

    it('are told where another one is cancelled, at that cancellation', async () => {
      expect(await replay(swapped, scenario)).toMatchObject({
        outcome: 'diverged',
        divergence: {
          kind: 'replaced',
          step: other,
          baseline: { step: one, kind: 'cancel', name: `${step}#1` },
          candidate: { step: other, kind: 'cancel', name: `${step}#2` },
        },
        determinism: { deterministic: true },
      });
    });

    it('are told where one was added, by its own name', async () => {
      expect(await replay(added, scenario)).toMatchObject({
        outcome: 'diverged',
        divergence: { kind: 'extra', step: other, candidate: { step: other } },
        determinism: { deterministic: false },
      });
      expect(await replay(reordered, scenario)).toMatchObject({
        outcome: 'diverged',
        divergence: { kind: 'extra', step: other, baseline: { step: one }, candidate: { step: other } },
      });
    });

    it('are told where one is left out, by its own name', async () => {
      expect(await replay(removed, scenario)).toMatchObject({
        outcome: 'diverged',
        divergence: { kind: 'missing', step: one, baseline: { step: one } },
        determinism: { deterministic: false },
      });
    });

    it('stand where they were taken', async () => {
      const { divergence, steps } = await replay(added, scenario);
      expect(steps.filter(({ kind }) => kind === 'cancel').map(({ id }) => id)).toEqual([one, other]);
      const before = steps.slice(0, divergence?.index).map(({ id }) => id);
      expect(before.at(-1)).toBe(one);
    });
  });
});

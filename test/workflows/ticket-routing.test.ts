import { Client, Connection } from '@temporalio/client';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import type { Artifact } from '../../src/artifact/artifact.ts';
import { DECIDE_UPDATE, DECISIONS_QUERY, type DecisionAnswer, type DecisionQuestion } from '../../src/mission/wire.ts';
import { buildMission, quietRuntime, runAll } from './support/run-mission.ts';

let artifact: Artifact;

beforeAll(async () => {
  quietRuntime();
  artifact = await buildMission('ticket-routing');
});

function ticket(message: string, change: { account?: string; component?: string } = {}) {
  return { ticketId: 'T-1', account: 'free-7', component: 'search', message, ...change };
}

describe('a second mission', () => {
  it('routes tickets by what they say and who sends them', async () => {
    const tickets = [
      ticket('I was charged twice on my credit card.'),
      ticket('The checkout page crashes.', { component: 'checkout' }),
      ticket('The app crashes at start.', { account: 'premium-1' }),
      ticket('It would be great to have dark mode.'),
    ];
    const results = await runAll(artifact, tickets);
    expect(results.map(({ result }) => result)).toEqual([
      { queue: 'billing', priority: 'normal', knownIncident: false, assignment: 'billing/T-1' },
      { queue: 'technical', priority: 'normal', knownIncident: true, assignment: 'technical/T-1' },
      { queue: 'technical', priority: 'high', knownIncident: false, assignment: 'technical/T-1' },
      { queue: 'general', priority: 'low', knownIncident: false, assignment: 'general/T-1' },
    ]);
    expect(results[1]?.steps.map(({ context }) => [context.step, context.agent])).toEqual([
      ['getAccount#1', undefined],
      ['route#1', undefined],
      ['diagnose#1/turn-1', 'diagnose#1'],
      ['getStatus#1', 'diagnose#1'],
      ['diagnose#1/turn-2', 'diagnose#1'],
      ['assign#1', undefined],
    ]);
  });

  it('waits for a person where it must', async () => {
    const connection = await Connection.connect({ address: inject('temporalAddress') });
    const client = new Client({ connection });
    const [run] = await runAll(artifact, [ticket('Our account was hacked.')], async (workflowId) => {
      const handle = client.workflow.getHandle(workflowId);
      const answer: DecisionAnswer = { step: 'escalate#1', option: 'wake', by: 'on-call' };
      await expect
        .poll(async () => Object.keys(await handle.query<Record<string, DecisionQuestion>>(DECISIONS_QUERY)), {
          timeout: 30_000,
        })
        .toEqual(['escalate#1']);
      await handle.executeUpdate(DECIDE_UPDATE, { args: [answer] });
    });
    await connection.close();
    expect(run?.result).toEqual({
      queue: 'security',
      priority: 'high',
      knownIncident: false,
      assignment: 'security/T-1',
      escalatedBy: 'on-call',
    });
  });
});

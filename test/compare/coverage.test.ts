/** What of a candidate a cohort exercised, and what it did not. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ComponentChange } from '../../src/artifact/component-change.ts';
import { createCoverage, type WalkedWays } from '../../src/compare/coverage.ts';
import type { MissionDefinition } from '../../src/mission/definition.ts';
import { branchOf, pathOf, type WalkedStep } from '../../src/recording/walked-way.ts';

const definition: MissionDefinition = {
  format: 1,
  name: 'refund',
  input: {},
  output: {},
  prompts: { judge: { text: 'Judge.', model: 'clerk' }, appeal: { text: 'Appeal.', model: 'senior' } },
  models: { clerk: { model: 'test/clerk' }, senior: { model: 'test/senior' } },
  rules: { windowDays: 30 },
  tools: {
    getOrder: { effect: 'read', input: {}, output: {} },
    issueRefund: { effect: 'write', input: {}, output: {} },
  },
  decisions: { approve: { question: 'Refund?', options: ['yes', 'no'], timeoutMs: 1_000 } },
};

const step = (kind: string, name: string, over: Partial<WalkedStep> = {}): WalkedStep => ({
  kind,
  name,
  status: 'completed',
  result: null,
  ...over,
});

const judge = step('model', 'judge');
const order = step('tool', 'getOrder');
const lost = step('tool', 'getOrder', { status: 'failed' });
const inWindow = (result: boolean) => step('rule', 'in-window', { result });
const approved = step('decision', 'approve', { result: 'yes' });

const change = (component: ComponentChange['component'], name: string): ComponentChange => ({
  component,
  name,
  change: 'changed',
});

function coverageOf(ways: readonly WalkedWays[], changes: readonly ComponentChange[] = []) {
  const coverage = createCoverage({ candidate: definition, baseline: definition, changes });
  for (const one of ways) coverage.add(one);
  return coverage.finish();
}

const followed = (...steps: readonly WalkedStep[]): WalkedWays => ({ recorded: steps, candidate: steps });

describe('coverage', () => {
  it('counts a part once per recording, with the branches taken and those that were not', () => {
    const { parts, recordings, paths } = coverageOf([
      followed(order, order, inWindow(true), judge),
      followed(lost, order, inWindow(true), approved),
    ]);
    const find = (name: string) => parts.find((part) => part.name === name);
    expect({ recordings, paths }).toEqual({ recordings: 2, paths: 2 });
    expect(find('getOrder')).toEqual({
      part: 'tool',
      name: 'getOrder',
      runs: 2,
      branches: [
        { branch: 'completed', runs: 2 },
        { branch: 'failed', runs: 1 },
      ],
    });
    expect(find('in-window')).toMatchObject({
      part: 'step',
      kind: 'rule',
      branches: [
        { branch: 'true', runs: 2 },
        { branch: 'false', runs: 0 },
      ],
    });
    expect(find('approve')?.branches).toEqual([
      { branch: 'yes', runs: 1 },
      { branch: 'no', runs: 0 },
      { branch: 'timed-out', runs: 0 },
    ]);
    expect(find('clerk')).toMatchObject({ part: 'model', runs: 1 });
    expect(find('issueRefund')).toMatchObject({ runs: 0 });
    expect(find('senior')).toMatchObject({ runs: 0 });
  });

  it('says of each change whether any recording came past it, before or after', () => {
    const ways = [{ recorded: [judge, order], candidate: [order] }, followed(order)];
    const { changes } = coverageOf(ways, [
      change('prompt', 'judge'),
      change('prompt', 'appeal'),
      change('model', 'senior'),
      change('tool', 'getOrder'),
      change('decision', 'approve'),
      change('output', ''),
      change('rule', 'windowDays'),
      change('code', 'workflow.ts'),
    ]);
    expect(changes.map(({ name, exercised, runs }) => [name, exercised, runs])).toEqual([
      ['judge', 'yes', 1],
      ['appeal', 'no', 0],
      ['senior', 'no', 0],
      ['getOrder', 'yes', 2],
      ['approve', 'no', 0],
      ['', 'yes', 2],
      ['windowDays', 'unknown', undefined],
      ['workflow.ts', 'unknown', undefined],
    ]);
  });

  it('says which compare rules forgave a difference, and which forgave nothing', () => {
    const output = { type: 'object', properties: { at: { compare: 'ignore' }, note: { compare: 'text' } } };
    const candidate = { ...definition, output };
    const coverage = createCoverage({ candidate, baseline: candidate, changes: [] });
    coverage.add({ ...followed(order), forgiven: ['output /at', 'tool issueRefund /at'] });
    coverage.add(followed(order));
    expect(coverage.finish().compareRules).toEqual([
      { place: 'output /at', runs: 1 },
      { place: 'output /note', runs: 0 },
    ]);
  });

  it('does not depend on the order of the recordings', () => {
    const some = fc.constantFrom(judge, order, lost, inWindow(true), inWindow(false), approved);
    const ways = fc.array(
      fc.array(some).map((steps) => followed(...steps)),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(ways, (list) => {
        expect(coverageOf(list.toReversed())).toEqual(coverageOf(list));
      }),
    );
  });
});

describe('the way of a run', () => {
  it.each([
    [inWindow(false), 'false'],
    [step('rule', 'tier', { result: 'gold' }), 'completed'],
    [approved, 'yes'],
    [step('decision', 'approve', { result: { option: 'no', by: 'bo' } }), 'no'],
    [step('decision', 'approve', { status: 'timed-out' }), 'timed-out'],
    [lost, 'failed'],
  ])('has a branch at each step: %j', (one, branch) => {
    expect(branchOf(one)).toBe(branch);
  });

  it('is the same however often a step is repeated, and another when a branch is', () => {
    expect(pathOf([order, judge, judge])).toBe(pathOf([order, judge]));
    expect(pathOf([order, inWindow(true)])).not.toBe(pathOf([order, inWindow(false)]));
    expect(pathOf([order, step('signal', 'hurry'), step('memo', 'note')])).toBe(pathOf([order]));
  });
});

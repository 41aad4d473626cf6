import { describe, expect, it } from 'vitest';
import { DEFAULT_POLICY, parsePolicy, parsePolicyFlags, policyDigest } from '../../src/gate/parse-policy.ts';

const invalid = (text: RegExp) =>
  expect.objectContaining({
    code: 'POLICY_INVALID',
    message: expect.stringMatching(text),
    remedy: expect.stringMatching(/docs\/policy\.md/),
  });

describe('parsePolicy: a file either is a policy, or says where it is not', () => {
  it('fills in what is left out, with stop and zero as defaults', () => {
    const policy = parsePolicy('{"allow":{"changed":0.01}}', 'policy.json');
    expect(policy.allow).toEqual({ changed: 0.01, diverged: 1, unanswered: 0, failed: 0, excluded: 0.05 });
    expect(policy.answers).toEqual({
      model: 'stop',
      read: 'stop',
      write: 'stop',
      decision: 'stop',
      activity: 'stop',
      patches: 'as-new',
    });
    expect(parsePolicy({}, 'flags')).toEqual(DEFAULT_POLICY);
  });

  it.each<[string, RegExp]>([
    ['{"allow":{"changed":2}}', /^policy\.json is not a replay policy\. At \/allow\/changed: /],
    ['{"allow":{"chnaged":0}}', /At \/allow: .*chnaged/],
    ['{"answers":{"write":"live"}}', /At \/answers\/write: /],
    ['[]', /At the top: /],
    ['{"a', /^policy\.json is not JSON: /],
    ['null', /At the top: /],
    ['{"reads":[]}', /At \/reads: /],
    ['{"reads":["price", "*Stock"]}', /At \/reads\/1: expected a name/],
  ])('%s', (text, message) => {
    expect(() => parsePolicy(text, 'policy.json')).toThrow(invalid(message));
  });
});

describe('parsePolicyFlags: flags are laid over a policy, the later winning', () => {
  it.each<[string[], object]>([
    [['model=live', 'read=recorded'], { answers: { model: 'live', read: 'recorded', write: 'stop' } }],
    [['changed<=0.01'], { allow: { changed: 0.01 } }],
    [['changed <= 7%'], { allow: { changed: 0.07 } }],
    [['changed<=1', 'changed<=0'], { allow: { changed: 0 } }],
    [['recordings>=30'], { minimumRecordings: 30 }],
    [['second-opinion=all'], { secondOpinion: 'all' }],
    [['coverage=inconclusive', 'unused-intended=warn'], { coverage: 'inconclusive', unusedIntended: 'warn' }],
    [['causes=1000'], { causes: 1_000 }],
    [['reads=price'], { reads: ['price'] }],
    [['reads=price,desk.quote,get*,404'], { reads: ['price', 'desk.quote', 'get*', '404'] }],
    [['reads=price', 'reads=quote'], { reads: ['quote'] }],
    [['recordings-per-context<=1'], { limits: { recordingsPerContext: 1 } }],
    [['live-calls<=500', 'memory-mb<=256'], { limits: { liveCalls: 500, memoryMb: 256, maxSteps: 10_000 } }],
  ])('%j', (flags, expected) => expect(parsePolicyFlags(flags)).toMatchObject(expected));

  it('keeps the rest of the policy it is laid over', () => {
    const base = parsePolicy({ allow: { failed: 0.5 }, answers: { read: 'live' } }, 'base');
    const laid = parsePolicyFlags(['model=live'], base);
    expect(laid).toEqual({ ...base, answers: { ...base.answers, model: 'live' } });
  });

  it.each<[string, RegExp]>([
    ['model', /"model" is not a policy flag/],
    ['modle=live', /not a policy flag/],
    ['changed=0.01', /not a policy flag/],
    ['write=live', /The policy flag "write=live" is not a replay policy\. At \/answers\/write/],
    ['changed<=120%', /At \/allow\/changed/],
    ['recordings>=0', /At \/minimumRecordings/],
    ['reads=*', /At \/reads\/0: expected a name, or how names begin and then \*/],
    ['reads=price,,quote', /At \/reads\/1/],
  ])('%s is refused', (flag, message) => {
    expect(() => parsePolicyFlags([flag])).toThrow(invalid(message));
  });
});

describe('policyDigest', () => {
  it('is the same for policies that mean the same, and another for any other', () => {
    expect(policyDigest(parsePolicy('{"allow":{"changed":0}}', 'a'))).toBe(policyDigest(DEFAULT_POLICY));
    expect(policyDigest(parsePolicyFlags(['model=live']))).not.toBe(policyDigest(DEFAULT_POLICY));
    const reads = policyDigest(parsePolicyFlags(['reads=price']));
    expect(reads).not.toBe(policyDigest(DEFAULT_POLICY));
    expect(reads).not.toBe(policyDigest(parsePolicyFlags(['reads=price,quote'])));
    expect(reads).toBe(policyDigest(parsePolicy({ reads: ['price'] }, 'a')));
  });
});

/** A hybrid is a whole definition: what is swapped works where it is put. */
import { describe, expect, it } from 'vitest';
import type { Artifact } from '../../src/artifact/artifact.ts';
import { diffArtifacts } from '../../src/artifact/diff-artifacts.ts';
import { makeHybrid } from '../../src/artifact/hybrid.ts';
import { missionDefinition } from '../../src/mission/definition.ts';
import { digestOf } from '../../src/shared/digest.ts';

interface Given {
  readonly models: object;
  readonly prompts: object;
  readonly rules?: object;
}

function artifact(name: string, given: Given): Artifact {
  const empty = { input: {}, output: {}, rules: {}, tools: {}, decisions: {} };
  return {
    digest: digestOf(name),
    mission: 'claims',
    definition: missionDefinition.parse({ format: 1, name: 'claims', ...empty, ...given }),
    code: { workflow: name, library: '', activity: '' },
    sources: {},
    sourceMaps: { workflow: '', activity: '' },
    builtWith: {},
  };
}

const model = { model: 'house/some-model', temperature: 0 };
const baseline = artifact('baseline', {
  models: { old: model },
  prompts: { judge: { text: 'Judge.', model: 'old' }, letter: { text: 'Write.', model: 'old' } },
  rules: { days: 30 },
});
const candidate = artifact('candidate', {
  models: { fresh: model },
  prompts: { judge: { text: 'Judge well.', model: 'fresh' }, letter: { text: 'Write.', model: 'fresh' } },
  rules: { days: 14 },
});

async function hybridOf(...taken: string[]) {
  return makeHybrid(baseline, candidate, await diffArtifacts(baseline, candidate), new Set(taken));
}

describe('a hybrid', () => {
  it('has the components that were taken, and the rest of the baseline', async () => {
    const { code, definition } = await hybridOf('rule days');
    expect(definition).toEqual({ ...baseline.definition, rules: { days: 14 } });
    expect(code).toBe(baseline);
    expect((await hybridOf('code')).code).toBe(candidate);
  });

  it('has the model that a taken prompt goes to, though its entry was not taken', async () => {
    const { definition } = await hybridOf('prompt judge');
    expect(definition.prompts['judge']).toEqual({ text: 'Judge well.', model: 'fresh' });
    expect(definition.prompts['letter']?.model).toBe('old');
    expect(definition.models).toEqual({ old: model, fresh: model });
  });

  it('keeps the model that a prompt of the baseline goes to, though its removal was taken', async () => {
    const { definition } = await hybridOf('model old', 'prompt judge');
    expect(definition.models['old']).toEqual(model);
  });

  it('takes a changed model only as a component of its own', async () => {
    const warmer = artifact('warmer', {
      models: { old: { ...model, temperature: 1 } },
      prompts: { judge: { text: 'Judge well.', model: 'old' } },
    });
    const changes = await diffArtifacts(baseline, warmer);
    const { definition } = makeHybrid(baseline, warmer, changes, new Set(['prompt judge']));
    expect(definition.models).toEqual({ old: model });
  });
});

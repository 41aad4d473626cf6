/** Our driver and Temporal's core, activation by activation, on every other history that the tests of this room record. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, inject, it } from 'vitest';
import { linkWorkflowBundle } from '../../src/artifact/link-workflow-bundle.ts';
import { readCaseArtifact } from '../../src/recording/case-artifacts.ts';
import { readFixtures } from '../../src/recording/fixtures.ts';
import type { SandboxBundle } from '../../src/replay/sandbox.ts';
import { recordHandedOn } from './handed-on/record.ts';
import { CLERK, clerk } from './missions/clerk.ts';
import { answerQuestions, buildMission, inputOf, recordMission } from './missions/lab.ts';
import { PARCEL_DESK, parcelDesk } from './missions/parcel-desk.ts';
import { bothEngines, cutsOf, linksOf } from './plain/activations.ts';
import { bundlePlain, recordPlainRuns } from './plain/record.ts';
import type { RecordedRun } from './plain/record-runs.ts';
import { bundleEdited, recordScenarios } from './simulated/record.ts';

async function expectTheSame(bundle: SandboxBundle, runs: readonly RecordedRun[]): Promise<void> {
  expect(runs.length).toBeGreaterThan(0);
  for (const { name, error, ours, core } of await bothEngines(bundle, runs)) {
    expect({ name, error }).toEqual({ name, error: undefined });
    expect(ours, name).toEqual(core);
    expect(ours.length, name).toBeGreaterThan(0);
  }
}

describe('our driver and Temporal core give the same activations', () => {
  it('of runs that were ended by force, ran out of time, or were updated', async () => {
    const inputs = await recordScenarios(inject('temporalAddress'));
    const runs = [...inputs].flatMap(([name, input]) => linksOf(input, name));
    await expectTheSame({ code: await bundleEdited() }, runs);
  });

  it('of runs that are still open, wherever they are', async () => {
    const code = await bundlePlain();
    const runs = await recordPlainRuns(inject('temporalAddress'), code);
    await expectTheSame({ code }, runs.flatMap(cutsOf));
  });

  it('of runs that hand something on', async () => {
    const code = await bundlePlain('../handed-on/workflows.ts');
    const runs = [...(await recordHandedOn(inject('temporalAddress'), code))];
    await expectTheSame(
      { code },
      runs.flatMap(([name, input]) => linksOf(input, name)),
    );
  });

  it('of missions', async () => {
    const address = inject('temporalAddress');
    const asked = answerQuestions('yes', ({ name }) => name === 'fine');
    const missions = [
      { artifact: await buildMission(CLERK, clerk), wanted: [{ input: { text: 'letter' }, drive: asked }] },
      {
        artifact: await buildMission(PARCEL_DESK, parcelDesk),
        wanted: [
          { input: { parcel: 'light', weight: 3 } },
          { input: { parcel: 'heavy', weight: 15 }, drive: answerQuestions('no') },
          { input: { parcel: 'bad', weight: 5 } },
        ],
      },
    ];
    for (const { artifact, wanted } of missions) {
      const inputs = await recordMission(address, artifact, wanted);
      await expectTheSame(
        await linkWorkflowBundle(artifact),
        inputs.flatMap((input, index) => linksOf(input, `${artifact.mission} ${index + 1}`)),
      );
    }
  });

  it('of the regression cases of this repository', async () => {
    const folder = fileURLToPath(new URL('../../replay-fixtures', import.meta.url));
    for await (const { recording, directory } of readFixtures([folder])) {
      const artifact = await readCaseArtifact(join(directory, '..'), recording.artifact ?? '');
      if (artifact === undefined) throw new Error(`The artifact of ${directory} is not kept beside it.`);
      await expectTheSame(await linkWorkflowBundle(artifact), linksOf(inputOf(recording.histories), directory));
    }
  });
});

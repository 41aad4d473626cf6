/** Traffic by hand on the command line: shown, set on what was shown, with evidence, and tried out before. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Artifact } from '../../src/artifact/artifact.ts';
import { digestOfArtifact } from '../../src/artifact/artifact-digest.ts';
import { readRule, readWeights, ruleText } from '../../src/cli/read-route.ts';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import { MISSION, publish, sampleArtifact, sampleVersion } from '../registry/samples.ts';
import { reportOf, storeReport } from '../release/reports.ts';
import { type Ran, run } from './run.ts';

let directory: string;
let registry: Registry;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mission-test-route-'));
  registry = await openRegistry({ directory: join(directory, 'registry'), actor: 'ada' });
});

afterAll(async () => {
  await registry.close();
  await rm(directory, { recursive: true, force: true });
});

const mission = (...argv: string[]): Promise<Ran> => run(argv, { cwd: directory, shared: registry });
const words = ({ out, err }: Ran) => `${out}${err}`.replaceAll(/\s+/g, ' ');

describe('shares and rules as they are written', () => {
  it('are read to parts of 10,000', () => {
    expect(readWeights(['@2=97.5%', `${MISSION}@3=2.25%`, '4=0.25%'], MISSION)).toEqual([
      { version: 2, weight: 9_750 },
      { version: 3, weight: 225 },
      { version: 4, weight: 25 },
    ]);
  });

  it.each(['@2', '@2=10', '@2=101%', '@2=1.234%', 'other@2=10%', '@x=10%', '=10%'])('refuses the share %s', (text) => {
    expect(() => readWeights([text], MISSION)).toThrow(expect.objectContaining({ name: 'MissionError' }));
  });

  it.each([
    'staff: /customer/tier=staff|test -> @3',
    'big: /amount=100|"100"|true|null & /country=DE -> @2',
    'eu: caller:/region=eu|"1" & caller:/internal=true & /amount=100 -> @2',
    'tilde ~ name: /a~1b={"x":1} -> @12',
  ])('reads the rule %s and writes it the same', (text) => {
    expect(ruleText(readRule(text, MISSION))).toBe(text);
  });

  it.each([
    'staff',
    'staff: /a=1',
    'staff: a=1 -> @2',
    ': /a=1 -> @2',
    'staff: /a -> @2',
    'caller:/region=eu -> @2',
    'eu: caller:/region=null -> @2',
    'eu: caller:/region/part=eu -> @2',
    'staff: /a=1 -> other@2',
  ])('refuses the rule %s', (text) => {
    expect(() => readRule(text, MISSION)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});

/** Each test goes on where the one before ended. */
describe('the route of a mission', () => {
  it('is not there before a version is active', async () => {
    const [one, two] = await publish(registry, 'one', 'two', 'three');
    expect(await mission('route', 'show')).toMatchObject({
      code: 2,
      err: expect.stringContaining('NO_ACTIVE_VERSION'),
    });
    expect((await mission('activate', `${MISSION}@1`)).code).toBe(0);
    if (one === undefined || two === undefined) throw new Error('Nothing was published.');
    await storeReport(registry, reportOf({ baseline: one.digest, candidate: two.digest }));
  });

  it('gives no traffic to a version without evidence, and takes a passing report', async () => {
    const refused = await mission('route', 'set', MISSION, '@1=99%', '@3=1%', '--reason', 'try it');
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('ACTIVATION_REFUSED') });
    const set = await mission('route', 'set', MISSION, '@1=95%', '@2=5%', '--reason', 'first customers');
    expect(set.code).toBe(0);
    expect(words(set)).toContain('@2 takes traffic on the ground of: report');
    expect(await registry.routes.current(MISSION)).toMatchObject({
      revision: 2,
      reason: 'first customers',
      by: 'ada',
      activation: { report: expect.stringMatching(/^sha256:/), forced: false },
    });
  });

  it('is shown with who, why, on what ground, and the command that changes it', async () => {
    const shown = words(await mission('route', 'show'));
    for (const part of ['revision 2', 'by ada: first customers', 'report', '@1 95 %', '@2 5 %', '--revision 2'])
      expect(shown).toContain(part);
  });

  it('is set only on the revision that was shown', async () => {
    const stale = await mission('route', 'set', MISSION, '@1=50%', '@2=50%', '--reason', 'more', '--revision', '1');
    expect(stale).toMatchObject({ code: 4, err: expect.stringContaining('ROUTE_CONFLICT') });
    const set = await mission('route', 'set', MISSION, '@1=50%', '@2=50%', '--reason', 'more', '--revision', '2');
    expect(set.code).toBe(0);
  });

  it('lets a version through by force with a reason, by a rule too, and keeps rules until told otherwise', async () => {
    const rule = ['--rule', 'staff: /tier=staff -> @3'];
    const shares = ['@1=50%', '@2=50%', '--reason', 'staff first'];
    expect((await mission('route', 'set', MISSION, ...shares, ...rule)).code).toBe(1);
    expect((await mission('route', 'set', MISSION, ...shares, ...rule, '--force')).code).toBe(0);
    expect(await registry.routes.current(MISSION)).toMatchObject({ revision: 4, activation: { forced: true } });
    expect((await mission('route', 'set', MISSION, '@1=20%', '@2=80%', '--reason', 'more')).code).toBe(0);
    expect(await registry.routes.current(MISSION)).toMatchObject({ rules: [{ name: 'staff' }] });
  });

  it('refuses shares that do not sum up, and versions that are not there', async () => {
    const code = async (...shares: string[]) =>
      (await mission('route', 'set', MISSION, ...shares, '--reason', 'x')).code;
    expect(await code('@1=50%')).toBe(2);
    expect(await code('@1=50%', '@9=50%')).toBe(2);
    expect((await registry.routes.current(MISSION))?.revision).toBe(5);
  });

  it('is tried out for one input: which version and why', async () => {
    const staff = await mission('route', 'explain', '--input', '{"tier":"staff"}', '--json');
    expect(JSON.parse(staff.out)).toMatchObject({ revision: 5, inputs: [{ version: 3, rule: 'staff' }] });
    const keyed = await mission('route', 'explain', '--input', '{}', '--key', 'order-17');
    expect(words(keyed)).toMatch(
      /^@[12] by revision 5: refund-eligibility@[12] has weight [28]000\/10000, bucket \d+ $/,
    );
    expect(words(await mission('route', 'explain', '--input', '{}'))).toContain('keys are made up');
  });

  it('is tried out for a file of inputs: counts by version, sticky by the key in each', async () => {
    const file = join(directory, 'requests.jsonl');
    const lines = Array.from({ length: 500 }, (_, index) => ({
      order: `o-${index % 250}`,
      tier: index < 10 ? 'staff' : 'x',
    }));
    await writeFile(file, lines.map((line) => JSON.stringify(line)).join('\n'));
    const { out } = await mission('route', 'explain', '--input', `@${file}`, '--key-at', '/order', '--json');
    const { versions, inputs } = JSON.parse(out);
    expect(versions).toMatchObject([{ version: 1 }, { version: 2 }, { version: 3, count: 10, rules: 10 }]);
    expect(versions[1].count).toBeGreaterThan(330);
    expect(inputs[20].version).toBe(inputs[270].version);
    const text = words(await mission('route', 'explain', '--input', `@${file}`, '--key-at', '/order'));
    expect(text).toContain('500 inputs by revision 5');
    expect(text).toContain('10 by rules');
    expect(text).toContain('480 more');
    await writeFile(file, '{"a":1}\n{');
    expect(words(await mission('route', 'explain', '--input', `@${file}`))).toContain('line 2, is not JSON');
  });

  it('changes nothing of the record by being tried out', async () => {
    expect((await registry.routes.current(MISSION))?.revision).toBe(5);
    expect(await registry.audit.verify()).toMatchObject({ intact: true });
  });

  it('may be by attributes of the caller, which a dry run takes too', async () => {
    const rules = ['--rule', 'eu: caller:/region=eu -> @3', '--rule', 'staff: /tier=staff -> @3'];
    const set = await mission('route', 'set', MISSION, '@1=20%', '@2=80%', '--reason', 'eu first', ...rules);
    expect(words(set)).toContain('rule eu: caller:/region=eu -> @3');
    const explain = async (...attributes: string[]) => {
      const given = attributes.flatMap((attribute) => ['--attribute', attribute]);
      return JSON.parse((await mission('route', 'explain', '--input', '{}', ...given, '--json')).out).inputs[0];
    };
    expect(await explain('internal=true', 'region=eu')).toMatchObject({ version: 3, rule: 'eu' });
    expect(await explain('region=us')).toMatchObject({ reason: expect.stringContaining('weight') });
    const wrong = await mission('route', 'explain', '--input', '{}', '--attribute', 'region');
    expect(wrong).toMatchObject({ code: 2, err: expect.stringContaining('--attribute region=eu') });
  });
});

describe('a rule that looks at a place of the input', () => {
  const name = 'declared';
  const publishInput = async (input: Artifact['definition']['input']) => {
    const { digest: _, ...sample } = sampleArtifact(JSON.stringify(input), name);
    const definition = { ...sample.definition, input };
    const artifact = { ...sample, definition, digest: digestOfArtifact({ ...sample, definition }) };
    await registry.artifacts.put(artifact);
    await registry.versions.append(sampleVersion(artifact));
  };
  const object = (...names: string[]) => ({
    type: 'object',
    properties: Object.fromEntries(names.map((one) => [one, { type: 'string' }])),
  });
  const set = (...argv: string[]) => mission('route', 'set', name, ...argv, '--force', '--reason', 'test');
  const revision = async () => (await registry.routes.current(name))?.revision ?? 0;

  beforeAll(async () => {
    await publishInput(object('tier', 'order'));
    await publishInput(object('level', 'order'));
  });

  it('is refused where no input has it, with the places that there are, and goes on when told to', async () => {
    await set('@1=100%', '--no-rules');
    const before = await revision();
    const misspelt = await set('@1=100%', '--rule', 'staff: /teir=staff -> @1');
    expect(misspelt.code).toBe(2);
    for (const part of ['"staff" looks at /teir', `${name}@1`, '/order, /tier', 'caller:/name', '--undeclared'])
      expect(words(misspelt)).toContain(part);
    expect(await revision()).toBe(before);
    const told = await set('@1=100%', '--rule', 'staff: /teir=staff -> @1', '--undeclared');
    expect(words(told)).toContain('"staff" looks at /teir, which no input declares');
    expect(await revision()).toBe(before + 1);
  });

  it('is taken where one of the routed versions has it, and warned of when that one is gone', async () => {
    await set('@2=100%', '--no-rules');
    const rule = ['--rule', 'staff: /tier=staff -> @2', '--rule', 'eu: caller:/region=eu -> @2'];
    expect((await set('@2=100%', ...rule)).code).toBe(2);
    const both = await set('@1=50%', '@2=50%', ...rule);
    expect(both.code).toBe(0);
    expect(words(both)).not.toContain('looks at');
    const kept = await set('@2=100%', '--json');
    expect(JSON.parse(kept.out)).toMatchObject({ undeclared: [{ rule: 'staff', pointer: '/tier' }] });
  });
});

/** What the registry keeps of runs is unreadable without its key, on both engines, and stays itself when the key changes. */
import { expect, it } from 'vitest';
import { type Keyring, newSecret, parseKeyring } from '../../src/encryption/keyring.ts';
import type { KeptAnswer } from '../../src/registry/answers.ts';
import type { Registry } from '../../src/registry/registry.ts';
import type { SqlEngine } from '../../src/registry/sql.ts';
import { describeOnBothEngines } from './engines.ts';
import { sampleRecording, sampleReport } from './samples.ts';

/** Stands in everything that is stored. */
const SECRET = 'Ada Lovelace, 12 St James Square';

function keyring(...texts: readonly string[]): Keyring {
  const ring = parseKeyring(texts.join(','), 'keys');
  if (ring === undefined) throw new Error('no keys');
  return ring;
}

const old = `k-old:${newSecret()}`;
const fresh = `k-new:${newSecret()}`;

const recording = (index: number) => ({
  ...sampleRecording(index),
  end: { status: 'completed', result: { to: SECRET } },
  trace: { steps: [{ to: SECRET }] },
  content: new TextEncoder().encode(`history ${index} of ${SECRET}`),
});
const report = sampleReport({ note: SECRET });
const answer: KeptAnswer = {
  key: 'question',
  mission: 'refund-eligibility',
  kind: 'model',
  name: 'judge',
  answer: { result: SECRET },
  inputTokens: 3,
  outputTokens: 4,
};

async function fill(registry: Registry, ...indices: readonly number[]): Promise<void> {
  for (const index of indices) await registry.recordings.put(recording(index));
  await registry.reports.put(report);
  await registry.answers.keep(answer);
}

async function readBack(registry: Registry, index = 1): Promise<unknown[]> {
  const { end, trace, content } = await registry.recordings.get(recording(index).summary.id);
  return [
    end,
    trace,
    Buffer.from(content).toString(),
    await registry.reports.get(report.digest),
    await registry.answers.find(answer.key),
  ];
}

const whole = (index = 1) => {
  const { end, trace, content } = recording(index);
  return [end, trace, Buffer.from(content).toString(), report, answer.answer];
};

const useOf = async ({ recordings, reports, answers }: Registry) => [
  await recordings.keyUse(),
  await reports.keyUse(),
  await answers.keyUse(),
];
const sealedBy = (key: string | null, ...counts: readonly number[]) => counts.map((count) => [{ key, count }]);

const resealAll = async ({ recordings, reports, answers }: Registry) => [
  await recordings.reseal(),
  await reports.reseal(),
  await answers.reseal(),
];

/** Every byte of every row of a table. */
async function bytesOf(engine: SqlEngine, table: string): Promise<string> {
  const rows = await engine.query(`SELECT * FROM mission.${table}`);
  const values = rows.flatMap((row) => Object.values(row));
  return values
    .map((value) => (value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : String(value)))
    .join('\n');
}

/** Opening an embedded registry takes long on a busy machine, and these open several. */
const TIMEOUT_MS = 240_000;

describeOnBothEngines('with keys', (bench) => {
  // Sealing is above the engines: what is told apart by who holds which key is tried on one of them.
  const onPostgres = (name: string, test: () => Promise<void>, timeoutMs?: number): void => {
    if (bench.kind === 'postgres') it(name, test, timeoutMs);
  };

  it(
    'recordings, reports and answers are sealed where they lie, and come back whole',
    async () => {
      const place = await bench.newPlace();
      const registry = await bench.open({ ...place, keyring: keyring(old) });
      await fill(registry, 1);
      expect(await readBack(registry)).toEqual(whole());
      expect(await useOf(registry)).toEqual(sealedBy('k-old', 1, 1, 1));
      await registry.close();
      const engine = await bench.engine(place);
      for (const table of ['recordings', 'reports', 'answers']) {
        const text = await bytesOf(engine, table);
        // Sealed, and not only packed: the seal's own beginning, the key's id, and no gzip.
        expect(text).toMatch(/MSL1.k-old/su);
        expect(text).not.toContain('\u001f\u008b');
        expect(text).not.toContain(SECRET);
      }
    },
    TIMEOUT_MS,
  );

  onPostgres(
    'no keys, other keys, and another key of the same id open nothing, and the error names the key and what to do',
    async () => {
      const place = await bench.newPlace();
      const first = await bench.open({ ...place, keyring: keyring(old) });
      await fill(first, 1);
      await first.close();
      const wrong: readonly (readonly [Keyring | undefined, string])[] = [
        [undefined, 'no keys are configured'],
        [keyring(fresh), 'the keys here are "k-new"'],
        [keyring(`k-old:${newSecret()}`), 'fingerprint'],
      ];
      for (const [ring, words] of wrong) {
        const registry = await bench.open({ ...place, keyring: ring });
        const reads: (() => Promise<unknown>)[] = [
          () => registry.recordings.get(recording(1).summary.id),
          () => registry.reports.get(report.digest),
          () => registry.answers.find(answer.key),
          () => registry.answers.keep({ ...answer, answer: 'other' }),
        ];
        for (const read of reads) {
          await expect(read(), words).rejects.toMatchObject({
            code: 'ENCRYPTION_KEY_MISSING',
            message: expect.stringContaining(words),
            remedy: expect.stringContaining('"k-old"'),
            details: { key: 'k-old' },
          });
        }
        expect(await registry.recordings.list()).toMatchObject([{ id: recording(1).summary.id }]);
        await registry.close();
      }
    },
  );

  onPostgres('what was stored in clear stays readable, and is sealed by the next reseal', async () => {
    const place = await bench.newPlace();
    const before = await bench.open(place);
    await fill(before, 1);
    expect(await useOf(before)).toEqual(sealedBy(null, 1, 1, 1));
    await before.close();
    const registry = await bench.open({ ...place, keyring: keyring(old) });
    expect(await readBack(registry)).toEqual(whole());
    expect(await resealAll(registry)).toEqual([1, 1, 1]);
    expect(await useOf(registry)).toEqual(sealedBy('k-old', 1, 1, 1));
    expect(await readBack(registry)).toEqual(whole());
  });

  it(
    'rotation: the old key opens, the new one seals, and after a reseal the old one is needed no more',
    async () => {
      const place = await bench.newPlace();
      const first = await bench.open({ ...place, keyring: keyring(old) });
      await fill(first, 1, 2);
      const summaries = await first.recordings.list();
      await first.close();

      const both = await bench.open({ ...place, keyring: keyring(fresh, old) });
      expect(await readBack(both)).toEqual(whole());
      await both.recordings.put(recording(3));
      expect(await both.recordings.keyUse()).toEqual([
        { key: 'k-new', count: 1 },
        { key: 'k-old', count: 2 },
      ]);
      expect(await resealAll(both)).toEqual([2, 1, 1]);
      expect(await resealAll(both)).toEqual([0, 0, 0]);
      expect(await both.audit.list({ action: 'recording.reseal' })).toHaveLength(2);
      expect(await both.audit.list({ action: 'report.reseal' })).toHaveLength(1);
      expect((await both.audit.verify()).intact).toBe(true);
      expect(await both.answers.totals()).toMatchObject([{ answers: 1, inputTokens: 3, outputTokens: 4 }]);
      await both.close();

      const registry = await bench.open({ ...place, keyring: keyring(fresh) });
      expect(await readBack(registry, 2)).toEqual(whole(2));
      expect((await registry.recordings.list()).filter(({ id }) => id !== recording(3).summary.id)).toEqual(summaries);
    },
    TIMEOUT_MS,
  );

  onPostgres(
    'a reseal without the old key stops before it changes anything, and goes on when the key is there',
    async () => {
      const place = await bench.newPlace();
      const first = await bench.open({ ...place, keyring: keyring(old) });
      await fill(first, 1, 2);
      await first.close();
      const without = await bench.open({ ...place, keyring: keyring(fresh) });
      for (const noun of ['recordings', 'reports', 'answers'] as const) {
        await expect(without[noun].reseal()).rejects.toMatchObject({ code: 'ENCRYPTION_KEY_MISSING' });
      }
      expect(await useOf(without)).toEqual(sealedBy('k-old', 2, 1, 1));
      await without.close();
      const both = await bench.open({ ...place, keyring: keyring(fresh, old) });
      expect(await resealAll(both)).toEqual([2, 1, 1]);
    },
  );

  onPostgres('two that reseal at once do each row once', async () => {
    const place = await bench.newPlace();
    const first = await bench.open({ ...place, keyring: keyring(old) });
    await fill(first, ...Array.from({ length: 12 }, (_, index) => index));
    await first.close();
    const one = await bench.open({ ...place, keyring: keyring(fresh, old) });
    const other = bench.kind === 'postgres' ? await bench.open({ ...place, keyring: keyring(fresh, old) }) : one;
    const done = await Promise.all([resealAll(one), resealAll(other)]);
    expect(done.map(([recordings = 0]) => recordings).reduce((sum, count) => sum + count)).toBe(12);
    expect(await one.audit.list({ action: 'recording.reseal', limit: 100 })).toHaveLength(12);
    expect(await useOf(one)).toEqual(sealedBy('k-new', 12, 1, 1));
  });

  onPostgres(
    'a value that was put into another recording, another column, or back with a byte changed does not open',
    async () => {
      const place = await bench.newPlace();
      const first = await bench.open({ ...place, keyring: keyring(old) });
      await fill(first, 1, 2, 3, 4);
      await first.close();
      const id = (index: number) => recording(index).summary.id;
      const engine = await bench.engine(place);
      await engine.query('ALTER TABLE mission.recordings DISABLE TRIGGER ALL');
      const attack = (index: number, change: string) =>
        engine.query(`UPDATE mission.recordings SET ${change} WHERE id = $1`, [id(index)]);
      await attack(1, `content = (SELECT content FROM mission.recordings WHERE id = '${id(4)}')`);
      await attack(2, 'outcome = trace');
      await attack(3, 'trace = set_byte(trace, length(trace) - 20, 1 # get_byte(trace, length(trace) - 20))');
      await engine.close();
      const registry = await bench.open({ ...place, keyring: keyring(old) });
      for (const index of [1, 2, 3]) {
        await expect(registry.recordings.get(id(index))).rejects.toMatchObject({ code: 'ENCRYPTED_DATA_INVALID' });
      }
      expect((await readBack(registry, 4)).slice(0, 3)).toEqual(whole(4).slice(0, 3));
    },
  );

  onPostgres(
    'the document of a report that was exchanged does not open, and what it says cannot be changed',
    async () => {
      const place = await bench.newPlace();
      const first = await bench.open({ ...place, keyring: keyring(old) });
      const other = sampleReport({ verdict: { verdict: 'failed' } });
      await first.reports.put(report);
      await first.reports.put(other);
      await first.close();
      const engine = await bench.engine(place);
      for (const column of ['verdict', 'digest', 'document_digest', 'partial', 'candidate_artifact', 'created_at']) {
        await expect(engine.query(`UPDATE mission.reports SET ${column} = ${column}`), column).rejects.toMatchObject({
          code: 'IMMUTABLE',
        });
      }
      await engine.query(
        'UPDATE mission.reports AS target SET document = source.document FROM mission.reports AS source WHERE target.digest <> source.digest',
      );
      await engine.close();
      const registry = await bench.open({ ...place, keyring: keyring(old) });
      await expect(registry.reports.get(report.digest)).rejects.toMatchObject({ code: 'ENCRYPTED_DATA_INVALID' });
    },
  );
});

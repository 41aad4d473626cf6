/** Where keys come from, and the file that they are kept in. */
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addKey, removeKey } from '../../src/encryption/key-file.ts';
import { checkKeyId, newSecret } from '../../src/encryption/keyring.ts';
import { findKeys, loadKeyring } from '../../src/encryption/load-keyring.ts';

let folder: string;
let file: string;
const [one, other] = [
  { id: 'k1', secret: newSecret() },
  { id: 'k2', secret: newSecret() },
];
const text = ({ id, secret }: typeof one) => `${id}:${secret}`;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mission-test-key-file-'));
  file = join(folder, '.mission', 'payload.keys');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('keys are looked for', () => {
  it('in the environment, then in the file that it names, then in the given one; and may be nowhere', async () => {
    expect(await loadKeyring({ env: {}, file })).toBeUndefined();
    expect(await loadKeyring({ env: {} })).toBeUndefined();
    await addKey(file, one);
    const named = join(folder, 'named.keys');
    await writeFile(named, text(other));
    const places = { env: { MISSION_PAYLOAD_KEYS: 'k3:x', MISSION_PAYLOAD_KEYS_FILE: named }, file };
    expect(await findKeys(places)).toMatchObject({ kind: 'environment', place: 'MISSION_PAYLOAD_KEYS' });
    const { MISSION_PAYLOAD_KEYS: _, ...env } = places.env;
    expect((await loadKeyring({ env, file }))?.active.id).toBe('k2');
    expect(await findKeys({ env, file })).toMatchObject({ kind: 'file', place: named });
    expect((await loadKeyring({ env: {}, file }))?.active.id).toBe('k1');
  });

  it.each([
    [
      'a file that was named and is not there',
      { MISSION_PAYLOAD_KEYS_FILE: '/nowhere/at/all.keys' },
      '/nowhere/at/all.keys',
    ],
    ['keys that are none', { MISSION_PAYLOAD_KEYS: 'k1' }, 'MISSION_PAYLOAD_KEYS: entry 1'],
  ])('and %s is an error, not a run in clear', async (_, env, words) => {
    await expect(loadKeyring({ env, file })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(words),
      remedy: expect.stringContaining('mission keys new'),
    });
  });
});

describe('the key file', () => {
  it('has the newest key first, is readable by its owner alone, and keeps what is not taken out', async () => {
    await addKey(file, one);
    expect((await addKey(file, other)).map(({ id }) => id)).toEqual(['k2', 'k1']);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await readFile(file, 'utf8')).split('\n').filter((line) => !line.startsWith('#'))).toEqual([
      text(other),
      text(one),
      '',
    ]);
    expect(await removeKey(file, 'k1')).toEqual([other]);
    expect(await removeKey(file, 'k2')).toEqual([]);
    expect(await readdir(join(folder, '.mission'))).toEqual(['payload.keys']);
  });

  it.each<[string, () => Promise<unknown>, string]>([
    ['an id that is there', () => addKey(file, { ...other, id: 'k1' }), 'USAGE'],
    ['a key that is not there', () => removeKey(file, 'k9'), 'USAGE'],
    ['the active one among others', () => addKey(file, other).then(() => removeKey(file, 'k2')), 'USAGE'],
    [
      'a file that holds something else',
      () => writeFile(file, 'hello').then(() => addKey(file, other)),
      'CONFIG_INVALID',
    ],
    ['a folder in its place', () => addKey(folder, one), 'CONFIG_INVALID'],
  ])('refuses %s and stays as it is', async (_, act, code) => {
    await addKey(file, one);
    await expect(act()).rejects.toMatchObject({ code });
    expect(await readdir(join(folder, '.mission'))).toEqual(['payload.keys']);
  });

  it('that others could read is closed when it is written', async () => {
    await addKey(file, one);
    await chmod(file, 0o644);
    await addKey(file, other);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });
});

describe('the id of a key', () => {
  it.each(['2026-03', 'a', 'eu.prod_1'])('may be %s', (id) => {
    expect(checkKeyId(id)).toBe(id);
  });
  it.each(['', 'A', 'a b', 'a:b', '-a', 'a'.repeat(65)])('may not be "%s"', (id) => {
    expect(() => checkKeyId(id)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});

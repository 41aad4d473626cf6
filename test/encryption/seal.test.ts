/** What was sealed comes back whole with its key and for its purpose, and in no other way. */
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { type Keyring, newSecret, parseKeyring } from '../../src/encryption/keyring.ts';
import { isSealed, seal, sealedKeyId, unseal } from '../../src/encryption/seal.ts';

function keyring(...ids: string[]): Keyring {
  const ring = parseKeyring(ids.map((id) => `${id}:${newSecret()}`).join(','), 'keys');
  if (ring === undefined) throw new Error('no keys');
  return ring;
}

const old = keyring('2026-01');
const both: Keyring = { active: keyring('2026-02').active, keys: [keyring('2026-02').active, old.active] };
const bytes = fc.uint8Array({ maxLength: 300 });
const purpose = fc.constantFrom('payload', 'recording/a/content', 'recording/b/content');

describe('sealed bytes', () => {
  test.prop([bytes, purpose])('come back whole, with any keyring that has the key', (plain, what) => {
    const sealed = seal(plain, old, what);
    expect(isSealed(sealed)).toBe(true);
    expect(sealedKeyId(sealed)).toBe('2026-01');
    expect(Buffer.from(unseal(sealed, both, what))).toEqual(Buffer.from(plain));
  });

  test.prop([bytes, purpose, purpose])('open for their own purpose only', (plain, one, other) => {
    fc.pre(one !== other);
    expect(() => unseal(seal(plain, old, one), old, other)).toThrow(/belongs elsewhere/);
  });

  test.prop([bytes, fc.nat(), fc.integer({ min: 1, max: 255 })])(
    'do not open when a bit was changed',
    (plain, at, flip) => {
      const sealed = Buffer.from(seal(plain, old, 'payload'));
      const place = at % sealed.length;
      sealed[place] = (sealed[place] ?? 0) ^ flip;
      expect(() => unseal(sealed, both, 'payload')).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/^ENCRYPT/) }),
      );
    },
  );

  test.prop([bytes, fc.nat()])('do not open when they were cut', (plain, at) => {
    const sealed = seal(plain, old, 'payload');
    expect(() => unseal(sealed.subarray(0, at % sealed.length), old, 'payload')).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^ENCRYPT/) }),
    );
  });

  test.prop([bytes])('are other bytes every time', (plain) => {
    expect(Buffer.from(seal(plain, old, 'payload')).equals(seal(plain, old, 'payload'))).toBe(false);
  });

  it('name the key that is missing, and what to do', () => {
    const sealed = seal(Buffer.from('x'), old, 'payload');
    const missing = { code: 'ENCRYPTION_KEY_MISSING', details: expect.objectContaining({ key: '2026-01' }) };
    expect(() => unseal(sealed, undefined, 'payload')).toThrow(expect.objectContaining(missing));
    expect(() => unseal(sealed, keyring('2026-02'), 'payload')).toThrow(
      expect.objectContaining({ ...missing, remedy: expect.stringContaining('MISSION_PAYLOAD_KEYS') }),
    );
  });

  it('tell another key of the same id from data that was changed', () => {
    const sealed = seal(Buffer.from('x'), old, 'payload');
    expect(() => unseal(sealed, keyring('2026-01'), 'payload')).toThrow(
      /of fingerprint [0-9a-f]{8}; the key "2026-01" here has/,
    );
  });
});

describe('keys as they are written', () => {
  it('are separated by commas, white space or lines, with remarks; the first is active', () => {
    const [a, b, c] = [newSecret(), newSecret(), newSecret()];
    const ring = parseKeyring(`# keys of production\nk3:${a} # active\nk2:${b},k1:${c}\n`, 'keys');
    expect(ring?.keys.map(({ id }) => id)).toEqual(['k3', 'k2', 'k1']);
    expect(ring?.active.id).toBe('k3');
    expect(parseKeyring(' # none\n', 'keys')).toBeUndefined();
  });

  it.each([
    ['no id', newSecret()],
    ['a short secret', 'k1:abc'],
    ['an id that is none', `K 1:${newSecret()}`],
    ['one id twice', `k1:${newSecret()},k1:${newSecret()}`],
  ])('are refused with %s, and no secret is told', (_, text) => {
    const refuse = () => parseKeyring(text, 'The keys in MISSION_PAYLOAD_KEYS');
    expect(refuse).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
    expect(refuse).not.toThrow(new RegExp(text.slice(-64)));
  });
});

import { describe, expect, it } from 'vitest';
import { toRegistryError } from '../../src/registry/sql-errors.ts';
import { type ErrorCode, MissionError } from '../../src/shared/errors.ts';

describe('what a database error means', () => {
  it.each<[string | undefined, string, ErrorCode]>([
    ['MR001', 'refused', 'IMMUTABLE'],
    ['25006', 'read-only transaction', 'IMMUTABLE'],
    ['08006', 'connection failure', 'REGISTRY_UNAVAILABLE'],
    ['57P01', 'terminating connection', 'REGISTRY_UNAVAILABLE'],
    ['57014', 'statement timeout', 'REGISTRY_UNAVAILABLE'],
    ['53300', 'too many connections', 'REGISTRY_UNAVAILABLE'],
    ['53100', 'disk full', 'REGISTRY_WRITE_FAILED'],
    ['58030', 'io error', 'REGISTRY_WRITE_FAILED'],
    ['XX000', 'could not extend file "base/5/1": File too large', 'REGISTRY_WRITE_FAILED'],
    ['28P01', 'password authentication failed', 'REGISTRY_UNAVAILABLE'],
    ['ECONNREFUSED', 'connect', 'REGISTRY_UNAVAILABLE'],
    ['ENOSPC', 'no space left', 'REGISTRY_WRITE_FAILED'],
    ['22021', 'invalid byte sequence', 'INPUT_INVALID'],
    ['42601', 'syntax error', 'INTERNAL'],
    [undefined, 'Connection terminated unexpectedly', 'REGISTRY_UNAVAILABLE'],
    [undefined, 'anything else', 'INTERNAL'],
  ])('%s (%s) is %s, with place and remedy', (code, message, expected) => {
    const error = toRegistryError(Object.assign(new Error(message), { code }), 'db.example:5432/registry');
    expect(error.code).toBe(expected);
    expect(error.message).toContain('db.example:5432/registry');
    expect(error.message).toContain(message);
    expect(error.remedy).toBeDefined();
  });

  it('of a server that lets nobody in any more says what to raise', () => {
    const full = Object.assign(new Error('sorry, too many clients already'), { code: '53300' });
    expect(toRegistryError(full, 'here')).toMatchObject({
      message: expect.stringContaining('no connection left'),
      remedy: expect.stringContaining('max_connections'),
    });
  });

  it('leaves our own errors as they are', () => {
    const error = new MissionError('ROUTE_CONFLICT', 'someone was first');
    expect(toRegistryError(error, 'here')).toBe(error);
  });
});

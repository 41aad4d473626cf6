import { randomUUID } from 'node:crypto';
import { Connection } from '@temporalio/client';
import proto from '@temporalio/proto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import {
  ensureSearchAttributes,
  inspectSearchAttributes,
  planSearchAttributes,
  SEARCH_ATTRIBUTE_NAMES,
} from '../../src/temporal/search-attributes.ts';

const { INDEXED_VALUE_TYPE_KEYWORD: keyword, INDEXED_VALUE_TYPE_INT: int } =
  proto.temporal.api.enums.v1.IndexedValueType;

describe('what a namespace needs', () => {
  it.each([
    ['nothing is there', {}, ['MissionName', 'MissionVersion'], []],
    ['all is there', { MissionName: keyword, MissionVersion: keyword, Other: int }, [], []],
    ['one is missing', { MissionName: keyword }, ['MissionVersion'], []],
    ['one is of another type', { MissionVersion: int }, ['MissionName'], ['MissionVersion']],
  ])('when %s', (_given, custom, missing, conflicting) => {
    expect(planSearchAttributes(custom)).toEqual({ missing, conflicting });
  });
});

describe('on a real server', () => {
  let connection: Connection;

  beforeAll(async () => {
    connection = await Connection.connect({ address: inject('temporalAddress') });
  });

  afterAll(() => connection.close());

  async function newNamespace(): Promise<string> {
    const namespace = `attributes-${randomUUID()}`;
    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
    });
    return namespace;
  }

  it('adds what is missing, once', async () => {
    const namespace = await newNamespace();
    const added = async () => ensureSearchAttributes(connection, namespace);
    await expect.poll(added, { timeout: 20_000 }).toMatchObject({ state: 'ready' });
    expect(await inspectSearchAttributes(connection, namespace)).toEqual({ missing: [], conflicting: [] });
    expect(await ensureSearchAttributes(connection, namespace)).toEqual({ state: 'ready', added: [] });
  });

  it('says what to do about one of another type, and adds nothing', async () => {
    const namespace = await newNamespace();
    const searchAttributes = { MissionVersion: int };
    await expect
      .poll(() =>
        connection.operatorService.addSearchAttributes({ namespace, searchAttributes }).then(
          () => 'added',
          () => 'not yet',
        ),
      )
      .toBe('added');
    const state = await ensureSearchAttributes(connection, namespace);
    expect(state).toMatchObject({ state: 'conflict', names: ['MissionVersion'] });
    expect((await inspectSearchAttributes(connection, namespace)).missing).toEqual(['MissionName']);
  });

  it('is refused with the command for whoever may', async () => {
    const state = await ensureSearchAttributes(connection, 'no-such-namespace');
    expect(state).toMatchObject({ state: 'refused', names: SEARCH_ATTRIBUTE_NAMES });
    expect('hint' in state && state.hint).toContain(
      'search-attribute create --namespace no-such-namespace --name MissionName',
    );
  });
});

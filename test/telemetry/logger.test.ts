/** Log lines: JSON with the context of a step, and no secret in whatever place. */
import { describe, expect, it } from 'vitest';
import { createLogger, type LoggerOptions, temporalLogger } from '../../src/telemetry/logger.ts';

const SECRETS = {
  MISSION_MODEL_API_KEY: 'sk-very-secret-1',
  SHOP_TOKEN: 'tok-very-secret-2',
  DATABASE_URL: 'postgresql://missions:pass%2Fword-secret-3@db:5432/missions',
  HARMLESS: 'harmless-value',
};

async function logged(options: Partial<LoggerOptions>, log: (logger: ReturnType<typeof temporalLogger>) => void) {
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  log(temporalLogger(await createLogger({ format: 'json', level: 'info', env: {}, write, ...options })));
  return lines;
}

const STEP = {
  mission: 'refund',
  version: 'refund@3',
  step: 'judge#1',
  workflowId: 'refund-o-17',
  workflowRunId: 'r-1',
  taskToken: 'CiQw',
};

describe('log lines', () => {
  it('are JSON, one per line, with mission, version, run and step, and without the task token', async () => {
    const [line = ''] = await logged({}, (logger) => logger.warn('Activity failed', STEP));
    expect(line.endsWith('}\n')).toBe(true);
    expect(JSON.parse(line)).toEqual({
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      pid: process.pid,
      message: 'Activity failed',
      mission: 'refund',
      version: 'refund@3',
      step: 'judge#1',
      run: 'refund-o-17',
      runId: 'r-1',
    });
  });

  it('are left out below the level', async () => {
    const lines = await logged({ level: 'warn' }, (logger) => {
      logger.info('a');
      logger.debug('b');
      logger.error('c');
    });
    expect(lines.map((line) => JSON.parse(line).message)).toEqual(['c']);
  });

  it.each([
    ['in a message', { message: `called with ${SECRETS.MISSION_MODEL_API_KEY}`, members: {} }],
    ['in a member, however deep', { message: '', members: { a: { b: [{ c: SECRETS.SHOP_TOKEN }] } } }],
    ['in an error', { message: '', members: { error: new Error(`refused ${SECRETS.SHOP_TOKEN}`) } }],
    ['from a URL of the database', { message: 'pass/word-secret-3 and pass%2Fword-secret-3', members: {} }],
    [
      'under a name of secrets',
      { message: '', members: { apiKey: 'very-secret', headers: { authorization: 'very-secret' } } },
    ],
  ])('hold no secret %s', async (_, { message, members }) => {
    const [line = ''] = await logged({ env: SECRETS }, (logger) => logger.info(message, members));
    expect(line).not.toContain('secret-');
    expect(line).not.toContain('very-secret');
    expect(line).toContain('[secret]');
  });

  it('keep what is no secret', async () => {
    const [line = ''] = await logged({ env: SECRETS }, (logger) => logger.info(SECRETS.HARMLESS));
    expect(line).toContain('harmless-value');
  });

  it('are short for people', async () => {
    const error = Object.assign(new Error('no such order'), { stack: '…' });
    const lines = await logged({ format: 'pretty' }, (logger) => {
      logger.warn('Activity failed', { ...STEP, sdkComponent: 'worker', error });
    });
    expect(lines).toEqual([
      expect.stringMatching(
        /^\d\d:\d\d:\d\d warn {2}Activity failed {2}mission=refund {2}version=refund@3 {2}run=refund-o-17 {2}step=judge#1 {2}runId=r-1 {2}error=no such order\n$/,
      ),
    ]);
  });
});

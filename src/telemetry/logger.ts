/**
 * Structured logs: one JSON object per line, by pino.
 *
 * Invariants
 * 1. No line holds the value of an environment variable that is a secret by its name, in whatever member or message: the
 *    finished line is scrubbed. Members that are secrets by their name are replaced as well.
 * 2. Times are ISO 8601, levels are words.
 */
import type { Logger, LogLevel, LogMetadata } from '@temporalio/common';
import type { Logger as Pino } from 'pino';
import { createScrubber } from '../activity/secrets.ts';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevelName = (typeof LOG_LEVELS)[number];
export const LOG_FORMATS = ['json', 'pretty'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

export interface LoggerOptions {
  readonly format: LogFormat;
  readonly level: LogLevelName;
  /** Gets whole lines. */
  readonly write: (line: string) => void;
  /** Where the values of secrets are. */
  readonly env: NodeJS.ProcessEnv;
}

/** Names of variables whose values are secrets. */
const SECRET_NAME = /KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL/i;
/** Members that are replaced wherever they stand in the first two levels of a line. */
const SECRET_MEMBERS = ['apiKey', 'api_key', 'authorization', 'cookie', 'password', 'secret', 'token', 'accessToken'];
const REPLACEMENT = '[secret]';

/** Makes a logger. pino is loaded here and not before. */
export async function createLogger({ format, level, write, env }: LoggerOptions): Promise<Pino> {
  const { pino } = await import('pino');
  const scrubber = createScrubber([DATABASE_PASSWORD, ...secretNames(env)], withDatabasePassword(env));
  const paths = SECRET_MEMBERS.flatMap((name) => [name, `*.${name}`]);
  const options = {
    level,
    base: { pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths, censor: REPLACEMENT },
    serializers: { error: pino.stdSerializers.err, err: pino.stdSerializers.err },
    messageKey: 'message',
  };
  const render = format === 'json' ? (line: string) => line : prettyLine;
  return pino(options, { write: (line: string) => write(render(scrubber.text(line))) });
}

function secretNames(env: NodeJS.ProcessEnv): string[] {
  return Object.keys(env).filter((name) => SECRET_NAME.test(name) && !name.endsWith('_PATH'));
}

/** A name of our own for the password inside `DATABASE_URL`. */
const DATABASE_PASSWORD = 'password of DATABASE_URL';

function withDatabasePassword(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const url = env['DATABASE_URL'];
  if (!url || !URL.canParse(url)) return env;
  return { ...env, [DATABASE_PASSWORD]: decodeURIComponent(new URL(url).password) };
}

const FIRST = ['mission', 'version', 'run', 'step'];
/** What a person at a terminal does not need of each line. */
const LEFT_OUT: ReadonlySet<string> = new Set(
  (
    'level time pid message sdkComponent namespace taskQueue isLocal workflowId ' +
    'workflowType activityId activityType target'
  ).split(' '),
);

/** `12:41:07 warn  Activity failed  version=refund@3 run=r-17 step=judge#1`. Pure. */
function prettyLine(json: string): string {
  const line = JSON.parse(json) as Record<string, unknown>;
  const shown = Object.entries(line).filter(([name]) => !LEFT_OUT.has(name) && !FIRST.includes(name));
  const members = [...FIRST.flatMap((name) => (name in line ? [[name, line[name]] as const] : [])), ...shown];
  const texts = members.map(([name, value]) => `${name}=${typeof value === 'string' ? value : shortError(value)}`);
  const head = `${String(line['time']).slice(11, 19)} ${String(line['level']).padEnd(5)} ${String(line['message'])}`;
  return `${[head, ...texts].join('  ')}\n`;
}

function shortError(value: unknown): string {
  const message = (value as { readonly message?: unknown } | null)?.message;
  return typeof message === 'string' ? message : JSON.stringify(value);
}

/** A logger as Temporal's SDK takes it: for what workers, workflow code and activities say. */
export function temporalLogger(logger: Pino): Logger {
  const log = (level: LogLevel, message: string, meta: LogMetadata = {}): void => {
    // Who has an activity's task token can complete it.
    const { workflowId, workflowRunId, runId, taskToken: _, ...rest } = meta;
    // `run` is what people know a run by; our own members stand where both have one.
    const ids = { run: workflowId, runId: runId ?? workflowRunId };
    logger[level.toLowerCase() as Lowercase<LogLevel>]({ ...dropUndefined(ids), ...rest }, message);
  };
  return {
    log,
    trace: (message, meta) => log('TRACE', message, meta),
    debug: (message, meta) => log('DEBUG', message, meta),
    info: (message, meta) => log('INFO', message, meta),
    warn: (message, meta) => log('WARN', message, meta),
    error: (message, meta) => log('ERROR', message, meta),
  };
}

function dropUndefined(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

/** The options that `worker` and `dev` share: where they answer probes, and how they log. Flags go before variables. */
import type { Option } from 'commander';
import * as z from 'zod';
import { MissionError } from '../shared/errors.ts';
import { LOG_FORMATS, LOG_LEVELS, type LogFormat, type LogLevelName } from '../telemetry/logger.ts';
import { option } from './command.ts';
import { readDuration } from './read-values.ts';

/** As the command line gives them. */
export interface HostFlags {
  readonly healthPort?: string;
  readonly healthHost?: string;
  readonly logFormat?: string;
  /** False with `--no-record`. */
  readonly record: boolean;
  /** Milliseconds. */
  readonly drift?: number;
  readonly driftPolicy?: string;
}

export interface HostSetup {
  /** Absent: nothing is served. */
  readonly health: { readonly port: number; readonly host: string | undefined } | undefined;
  readonly logFormat: LogFormat;
  readonly logLevel: LogLevelName;
  /** Whether runs are recorded as they end. */
  readonly record: boolean;
  /** How often the recent runs are replayed on the version before, in milliseconds; 0: never. The policy is a file, or a flag. */
  readonly drift: { readonly everyMs: number; readonly policy: string | undefined };
}

const DAY_MS = 86_400_000;

export function hostOptions(): Option[] {
  return [
    option('--no-record', 'leave ended runs to the recorders of other processes'),
    option(
      '--drift <interval>',
      'how often recent runs are replayed on the version before (default: 24h; 0s: never)',
      readDuration,
    ),
    option('--drift-policy <file or flag>', 'and under which policy (docs/policy.md)'),
    option(
      '--health-port <port>',
      'serve /healthz, /readyz and /metrics there (MISSION_HEALTH_PORT; default: not at all)',
    ),
    option('--health-host <address>', 'and on this interface (MISSION_HEALTH_HOST; default: this machine alone)'),
    option(
      '--log-format <format>',
      'json: structured lines on standard output; pretty: for people (MISSION_LOG_FORMAT)',
    ),
  ];
}

const port = z.coerce.number().int().min(0).max(65_535);

/** @throws MissionError `USAGE` naming the flag or variable that has no such value. */
export function readHostSetup(flags: HostFlags, env: NodeJS.ProcessEnv): HostSetup {
  const given = flags.healthPort ?? (env['MISSION_HEALTH_PORT'] || undefined);
  const logFormat = oneOf(LOG_FORMATS, flags.logFormat ?? (env['MISSION_LOG_FORMAT'] || 'pretty'), '--log-format');
  const levelDefault = logFormat === 'json' ? 'info' : 'error';
  return {
    health:
      given === undefined
        ? undefined
        : { port: readPort(given), host: flags.healthHost ?? (env['MISSION_HEALTH_HOST'] || undefined) },
    record: flags.record,
    drift: { everyMs: flags.drift ?? DAY_MS, policy: flags.driftPolicy },
    logFormat,
    logLevel: oneOf(LOG_LEVELS, env['LOG_LEVEL']?.toLowerCase() || levelDefault, 'LOG_LEVEL'),
  };
}

function readPort(text: string): number {
  const parsed = port.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new MissionError('USAGE', `--health-port or MISSION_HEALTH_PORT is "${text}", which is no port.`, {
    remedy: 'Give a number from 0 to 65535; 0 takes any that is free.',
  });
}

function oneOf<const Values extends readonly string[]>(values: Values, text: string, name: string): Values[number] {
  if (values.includes(text)) return text;
  throw new MissionError('USAGE', `${name} is "${text}".`, { remedy: `It takes ${values.join(', ')}.` });
}

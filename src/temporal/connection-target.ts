/** Which Temporal server is meant: by option, by Temporal's own environment configuration, or none. */
import { type ClientConnectConfig, loadClientConfigProfile, toClientOptions } from '@temporalio/envconfig';
import { defined } from '../shared/defined.ts';
import { MissionError, messageOf } from '../shared/errors.ts';

export interface TargetOptions {
  /** `host:port`; before the environment and the profile. */
  readonly address?: string | undefined;
  /** Before the environment and the profile. */
  readonly namespace?: string | undefined;
  /** A profile of the TOML file; before `TEMPORAL_PROFILE`. */
  readonly profile?: string | undefined;
  /** The TOML file; before `TEMPORAL_CONFIG_FILE` and Temporal's usual place. */
  readonly configFile?: string | undefined;
  /** @default process.env */
  readonly env?: NodeJS.ProcessEnv;
}

export interface ConnectionTarget {
  /** Who named the address; `none` when nobody did, and an embedded server is wanted. */
  readonly source: 'option' | 'environment' | 'profile' | 'none';
  readonly address: string | undefined;
  readonly namespace: string;
  /** Of the TOML file, for messages. */
  readonly profile: string;
  /** For the SDK: TLS, API key and headers are in here. Never to be shown. */
  readonly connect: ClientConnectConfig['connectionOptions'];
  /** Values that no message may hold. */
  readonly secrets: readonly string[];
}

const DEFAULT_NAMESPACE = 'default';

/**
 * Reads `TEMPORAL_*` variables and TOML profiles as every Temporal tool does. API key, TLS and headers work as they do there.
 *
 * @throws MissionError `CONFIG_INVALID` when the file cannot be read, or lacks a profile that was asked for.
 */
export function resolveTarget(options: TargetOptions): ConnectionTarget {
  const env = definedOnly(options.env ?? process.env);
  const { config, secrets } = load(options, env);
  const address = options.address ?? config.connectionOptions.address;
  return {
    source: sourceOf(options, env, address),
    address,
    namespace: options.namespace ?? config.namespace ?? DEFAULT_NAMESPACE,
    profile: options.profile ?? env['TEMPORAL_PROFILE'] ?? 'default',
    connect: defined(config.connectionOptions),
    secrets,
  };
}

/** A text in which no secret of the target is left. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.reduce((clean, secret) => clean.replaceAll(secret, '[secret]'), text);
}

function load(options: TargetOptions, env: Record<string, string>) {
  try {
    const profile = loadClientConfigProfile({
      overrideEnvVars: env,
      ...(options.profile === undefined ? {} : { profile: options.profile }),
      ...(options.configFile === undefined ? {} : { configSource: { path: options.configFile } }),
    });
    const secrets = [profile.apiKey, ...Object.values(profile.grpcMeta ?? {})];
    return {
      config: toClientOptions(profile),
      secrets: secrets.filter(isSecret),
    };
  } catch (error) {
    throw invalidConfig(options, env, error);
  }
}

function isSecret(value: string | undefined): value is string {
  return value !== undefined && value !== '';
}

function sourceOf(options: TargetOptions, env: Record<string, string>, address: string | undefined) {
  if (options.address !== undefined) return 'option';
  if (env['TEMPORAL_ADDRESS'] !== undefined) return 'environment';
  return address === undefined ? 'none' : 'profile';
}

function invalidConfig(options: TargetOptions, env: Record<string, string>, error: unknown): MissionError {
  const file = options.configFile ?? env['TEMPORAL_CONFIG_FILE'];
  const place = file === undefined ? "Temporal's configuration" : `Temporal's configuration ${file}`;
  // A parser's message quotes the file's lines around the error, and an API key may stand in them.
  const why = messageOf(error).split('\n')[0] ?? '';
  return new MissionError('CONFIG_INVALID', `${place} cannot be used: ${why}`, {
    remedy: 'Correct the file, or name another profile (TEMPORAL_PROFILE) or file (TEMPORAL_CONFIG_FILE).',
    details: { file: file ?? null, profile: options.profile ?? env['TEMPORAL_PROFILE'] ?? null },
  });
}

/** An empty variable means what an unset one means; shells and compose files set them so. */
function definedOnly(env: NodeJS.ProcessEnv): Record<string, string> {
  const entries = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries(entries.filter(([name, value]) => !(name.startsWith('TEMPORAL_') && value === '')));
}

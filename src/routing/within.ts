import { formatDuration } from '../shared/duration.ts';
import { MissionError } from '../shared/errors.ts';

/**
 * An answer of the registry, or an error when it takes too long: a connection that was cut in silence never fails by itself.
 *
 * @throws MissionError `REGISTRY_UNAVAILABLE` when the time is over.
 */
export async function within<T>(ms: number, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(tooLate(ms)), ms);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

function tooLate(ms: number): MissionError {
  return new MissionError('REGISTRY_UNAVAILABLE', `The registry did not answer within ${formatDuration(ms)}.`, {
    remedy: 'Check the network and the load of the database.',
    details: { waitedMs: ms },
  });
}

/** Asking again what may be costly to ask, without it ever becoming what a process is busy with. */

/** Of all time. */
const SHARE = 1 / 20;
const LONGEST_MS = 30_000;

/**
 * The same question, asked at most so often that answering takes a twentieth of the time; in between, the last answer counts. One that
 * takes very long is asked every half minute nevertheless. What fails is asked again at once.
 *
 * @param clock - milliseconds, of a clock that is never set
 */
export function sparing<Answer>(
  ask: (about: string) => Promise<Answer>,
  clock: () => number = () => performance.now(),
): (about: string) => Promise<Answer> {
  const kept = new Map<string, { readonly answer: Answer; readonly untilMs: number }>();
  return async (about) => {
    const last = kept.get(about);
    const beganMs = clock();
    if (last !== undefined && beganMs < last.untilMs) return last.answer;
    const answer = await ask(about);
    const endedMs = clock();
    kept.set(about, { answer, untilMs: endedMs + Math.min((endedMs - beganMs) / SHARE, LONGEST_MS) });
    return answer;
  };
}

export interface Repetition {
  /** Does it no more, and waits for what is being done. Never rejects. */
  end(): Promise<void>;
}

/**
 * Does something again and again, one at a time. What fails is left to the next time: the registry may be away.
 *
 * @param begins `now`, or when `everyMs` is over for the first time
 */
export function repeatedly(everyMs: number, begins: 'now' | 'later', work: () => Promise<unknown>): Repetition {
  let doing: Promise<unknown> = Promise.resolve();
  const next = () => {
    doing = doing.then(work).catch(() => undefined);
  };
  if (begins === 'now') next();
  const timer = setInterval(next, everyMs);
  return {
    end: async () => {
      clearInterval(timer);
      await doing;
    },
  };
}

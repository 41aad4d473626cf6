/** Stopping at once: what is under way is not waited for. */

export interface Stopping {
  /** What `promise` resolves to; `undefined` when it is to stop before that. */
  orStop<Value>(...promises: readonly Promise<Value>[]): Promise<Value | undefined>;
  readonly isStopped: boolean;
  /** No more is asked of it. */
  end(): void;
}

/** What is done already counts before the wish to stop. */
export function stoppingBy(signal: AbortSignal | undefined): Stopping {
  if (signal === undefined)
    return { orStop: (...promises) => Promise.race(promises), isStopped: false, end: () => undefined };
  let stop = (): void => undefined;
  const stopped = new Promise<undefined>((resolve) => {
    stop = () => resolve(undefined);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  return {
    orStop: (...promises) => Promise.race([...promises, stopped]),
    get isStopped() {
      return signal.aborted;
    },
    end: () => signal.removeEventListener('abort', stop),
  };
}

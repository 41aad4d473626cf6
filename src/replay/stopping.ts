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
  // A race against one promise that never settles would keep all that ever won.
  const waiting = new Set<() => void>();
  const stop = () => {
    for (const wake of waiting) wake();
  };
  signal.addEventListener('abort', stop, { once: true });
  return {
    orStop: (...promises) =>
      new Promise((resolve, reject) => {
        const wake = () => settle(() => resolve(undefined));
        function settle(how: () => void): void {
          waiting.delete(wake);
          how();
        }
        for (const promise of promises)
          promise.then(
            (value) => settle(() => resolve(value)),
            (error: unknown) => settle(() => reject(error)),
          );
        if (signal.aborted) queueMicrotask(wake);
        else waiting.add(wake);
      }),
    get isStopped() {
      return signal.aborted;
    },
    end: () => signal.removeEventListener('abort', stop),
  };
}

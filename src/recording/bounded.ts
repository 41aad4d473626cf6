/**
 * Works on the items of a source, at most `concurrency` at once, and gives results as they are ready. The source is read no
 * faster than results are taken.
 */
export async function* bounded<Item, Result>(
  source: AsyncIterable<Item>,
  concurrency: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const running = new Map<number, Promise<{ readonly ticket: number; readonly result: Result }>>();
  let ticket = 0;
  const next = async (): Promise<Result> => {
    const done = await Promise.race(running.values());
    running.delete(done.ticket);
    return done.result;
  };
  try {
    for await (const item of source) {
      const own = ticket++;
      const done = work(item).then((result) => ({ ticket: own, result }));
      // A failure is told when results are taken; until then it must not count as one that nobody handles.
      done.catch(() => undefined);
      running.set(own, done);
      if (running.size >= concurrency) yield await next();
    }
    while (running.size > 0) yield await next();
  } finally {
    await Promise.allSettled(running.values());
  }
}

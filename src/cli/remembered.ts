/** Asks at most once in a while, however often it is called; those who call meanwhile share one question. */
export function remembered<Answer>(ms: number, ask: () => Promise<Answer>): () => Promise<Answer> {
  let last: { readonly atMs: number; readonly answer: Promise<Answer> } | undefined;
  return () => {
    const now = performance.now();
    if (last === undefined || now - last.atMs > ms) last = { atMs: now, answer: ask() };
    return last.answer;
  };
}

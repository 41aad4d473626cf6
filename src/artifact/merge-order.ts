/** What one side has and what the other has under the same key; `undefined` where one of them has nothing. */
export type Pairing<Entry> = readonly [Entry | undefined, Entry | undefined];

/** Both lists as one: the order of the candidate; what only the baseline has stands behind what it stood behind. */
export function mergeOrder<Entry extends { readonly key: string }>(
  before: readonly Entry[],
  after: readonly Entry[],
): Pairing<Entry>[] {
  const theirs = new Set(after.map(({ key }) => key));
  const ours = new Map(before.map((one) => [one.key, one]));
  const following = new Map<string, Entry[]>();
  let last = '';
  for (const one of before) {
    if (theirs.has(one.key)) last = one.key;
    else following.set(last, [...(following.get(last) ?? []), one]);
  }
  const behind = (key: string) => (following.get(key) ?? []).map((one): Pairing<Entry> => [one, undefined]);
  const seen = new Set<string>();
  const merged = after.flatMap((other): Pairing<Entry>[] => {
    if (seen.has(other.key)) return [];
    seen.add(other.key);
    return [[ours.get(other.key), other], ...behind(other.key)];
  });
  return [...behind(''), ...merged];
}

/**
 * Time inside a sandbox, which is that of its run, by whatever road code asks for it.
 *
 * The SDK replaces `Date` and leaves roads to the one below: a date's own `constructor`, formats without a date,
 * `workflowInfo().unsafe`. Here the one below tells the run's time too, and `unsafe.random` is drawn for each run alike: a replay is to give
 * the same whenever it is made. What the host lends to code (`AbortController`) loses its clock in `lockdown.ts`.
 */
import vm from 'node:vm';

const REPLACE = new vm.Script(`(() => {
  const Real = Date;
  const { construct, apply } = Reflect;
  const { defineProperty, defineProperties, getOwnPropertyDescriptor } = Object;
  const { prototype } = Real;
  const { toString } = prototype;
  const { get, set } = WeakMap.prototype;
  const { imul } = Math;
  // What is loaded before there is a run finds the beginning of time.
  const now = () => globalThis.__TEMPORAL_ACTIVATOR__?.now ?? 0;
  const hidden = (value) => ({ value, writable: true, enumerable: false, configurable: true });

  function VirtualDate(...args) {
    if (new.target === undefined) return apply(toString, new Real(now()), []);
    return construct(Real, args.length === 0 ? [now()] : args, new.target);
  }
  defineProperties(VirtualDate, {
    name: { value: 'Date', configurable: true },
    length: { value: 7, configurable: true },
    prototype: { value: prototype, writable: false },
    now: hidden({ now: () => now() }.now),
    parse: hidden(Real.parse),
    UTC: hidden(Real.UTC),
  });
  defineProperty(prototype, 'constructor', hidden(VirtualDate));
  defineProperty(globalThis, 'Date', hidden(VirtualDate));

  const formats = Intl.DateTimeFormat.prototype;
  const format = getOwnPropertyDescriptor(formats, 'format');
  const formatters = new WeakMap();
  defineProperty(formats, 'format', {
    ...format,
    get() {
      const real = apply(format.get, this, []);
      const known = apply(get, formatters, [this]);
      if (known !== undefined) return known;
      const virtual = (date) => real(date === undefined ? now() : date);
      apply(set, formatters, [this, virtual]);
      return virtual;
    },
  });
  const { formatToParts } = formats;
  defineProperty(formats, 'formatToParts', hidden({
    formatToParts(date) { return apply(formatToParts, this, [date === undefined ? now() : date]); },
  }.formatToParts));

  // Mulberry32, each run from its beginning.
  const Kept = WeakMap;
  let states = new Kept();
  const beforeRuns = {};
  const random = { random() {
    const run = globalThis.__TEMPORAL_ACTIVATOR__ ?? beforeRuns;
    const state = ((apply(get, states, [run]) ?? 0) + 0x6d2b79f5) | 0;
    apply(set, states, [run, state]);
    let mixed = imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  } }.random;
  defineProperty(Math, 'random', hidden(random));
  return () => {
    const drawn = states;
    states = new Kept();
    return () => { states = drawn; };
  };
})()`);

/**
 * For a context in which nothing has run yet.
 *
 * @returns takes back what a run has drawn, and gives back what makes it again
 */
export function useVirtualClock(context: vm.Context): () => () => void {
  return REPLACE.runInContext(context) as () => () => void;
}

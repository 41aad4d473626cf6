import { beforeAll, describe, expect, inject, it } from 'vitest';
import { answerPolicy, replayLimits } from '../../src/replay/answer-policy.ts';
import { type ReplayEvent, type ReplaySource, replayCohort } from '../../src/replay/replay-cohort.ts';
import { bundlePlain, recordPlainRuns, sourceOf } from './plain/record.ts';
import { bundleVariant } from './plain/variant.ts';

const RETURN = `return \`\${second}!\`;`;

/** Each tries to make a changed result pass, or to spoil what comes after it. */
const ATTACKS: readonly (readonly [what: string, code: string])[] = [
  [
    'a comparison that finds nothing',
    'const Host = (Object.getPrototypeOf(URL.prototype) as { constructor: { keys: unknown } }).constructor; Host.keys = () => [];',
  ],
  [
    'lists of the host that are always empty',
    'const list = new URL("http://a/?b=c").searchParams; const Host = (Object.getPrototypeOf(URL.prototype) as { constructor: { entries(o: object): object } }).constructor; Object.defineProperty(Object.getPrototypeOf(Host.entries(list)), "map", { value: () => [] });',
  ],
  [
    'members of every object of the host',
    'Object.defineProperty(Object.getPrototypeOf(URL.prototype), "noDeprecation", { configurable: true, get() { throw 1; } });',
  ],
  [
    'the port of a thread that results travel by',
    'const target = Object.getPrototypeOf(Object.getPrototypeOf(new AbortController().signal)) as Record<symbol, (...given: unknown[]) => unknown>; const key = Symbol.for("nodejs.internal.kHybridDispatch"); target[key] = () => undefined;',
  ],
  [
    'promises of the host',
    'const { then } = Promise.prototype; void then; (new AbortController().signal as never as { constructor: { any: unknown } }).constructor.any = 1;',
  ],
  [
    'a timer of the host that ends another recording',
    '(new AbortController().signal.constructor as never as { timeout(ms: number): EventTarget }).timeout(1).addEventListener("abort", () => { for (;;); });',
  ],
  [
    'what the host does next, told by a storage',
    'const storage = new (globalThis as never as { AsyncLocalStorage: new () => { enterWith(value: unknown): void } }).AsyncLocalStorage(); Object.defineProperty(storage, "_propagate", { value: () => { for (;;); } }); storage.enterWith(1);',
  ],
  [
    'promises of the host, under the name of a storage',
    'const storage = new (globalThis as never as { AsyncLocalStorage: new () => { enterWith(value: unknown): void } }).AsyncLocalStorage(); (storage as never as { kResourceStore: string }).kResourceStore = "__proto__"; storage.enterWith({}); storage.enterWith({ catch() { throw 1; } });',
  ],
  [
    'turns of its own, by a port',
    'const { signal } = new AbortController(); const proto = Object.getPrototypeOf(signal) as object; for (const key of Object.getOwnPropertySymbols(proto)) { if (key.description !== "messaging_transfer_list_symbol") continue; const [port] = (signal as never as Record<symbol, () => unknown[]>)[key]!(); if (port !== undefined) for (;;); }',
  ],
  [
    'the class of all activators',
    'const inside = Object.getPrototypeOf((globalThis as any).__TEMPORAL_ACTIVATOR__); inside.startWorkflow = inside.fireTimer = () => undefined;',
  ],
  [
    'the table of payload converters',
    '(globalThis as any).__TEMPORAL_ACTIVATOR__.payloadConverter.converterByEncoding.clear();',
  ],
  [
    'the flags that the SDK knows, stolen while it asks for one',
    'const { has } = Map.prototype; Map.prototype.has = function (key) { this.clear(); return has.call(this, key); }; try { (globalThis as any).__TEMPORAL_ACTIVATOR__.addKnownFlags([1]); } finally { Map.prototype.has = has; }',
  ],
];

/** What the whole workflow becomes: attacks that have to begin with it. */
const WHOLE = `export async function sequential(name: string): Promise<string> {
  const first = await greet(name);`;

const WHOLE_ATTACKS: readonly (readonly [what: string, code: string])[] = [
  [
    'what was recorded, written over in the buffer that an answer is a part of',
    `const activator = (globalThis as any).__TEMPORAL_ACTIVATOR__;
  const real = activator.payloadConverter;
  activator.payloadConverter = { __proto__: real, fromPayload(payload: any, ...rest: any[]) {
    const bytes = new Uint8Array(payload.data.buffer);
    for (let at = 0; at < bytes.length - 1; at += 1) if (bytes[at] === 33 && bytes[at + 1] === 34) bytes[at] = 63;
    return real.fromPayload(payload, ...rest);
  } };
  const first = await greet(name);`,
  ],
  [
    'lengths of bytes that are nothing each first time',
    `const views = Object.getPrototypeOf(Uint8Array.prototype);
  const real = Object.getOwnPropertyDescriptor(views, 'length')!.get!;
  let asked = 0;
  const first = await greet(name);
  Object.defineProperty(views, 'length', { configurable: true, get() { asked += 1; return asked % 2 ? 0 : real.call(this); } });`,
  ],
  [
    'lists of its own, of which every item is as it should be',
    `const first = await greet(name);
  (Array.prototype as any).every = () => true;
  (Array.prototype as any).map = function (this: unknown[]) { return this; };`,
  ],
];

describe('a candidate with a changed result', () => {
  let sources: ReplaySource[];

  beforeAll(async () => {
    const runs = await recordPlainRuns(inject('temporalAddress'), await bundlePlain());
    sources = runs
      .filter(({ name }) => ['sequential', 'parallel', 'timers'].includes(name))
      .map(({ history }) => sourceOf(history));
  });

  function eventsOf(code: string, stream: AsyncIterable<ReplaySource>, limits: object): AsyncIterable<ReplayEvent> {
    const options = {
      answers: answerPolicy.parse({}),
      limits: replayLimits.parse(limits),
      secondOpinion: 0,
      workers: 1,
    };
    return replayCohort({ ...options, candidate: { name: 'c', bundle: { code } } }, stream);
  }

  async function replay(code: string): Promise<Record<string, string>> {
    const outcomes: Record<string, string> = {};
    for await (const event of eventsOf(code, streamOf(), { perRecordingMs: 5_000 }))
      outcomes[typeOf(event)] = outcomeOf(event);
    return outcomes;
  }

  async function* streamOf() {
    // Its own first, so that the others come after it in the same process.
    yield* sources.toSorted((one) => (one.summary.workflowType === 'sequential' ? -1 : 1));
  }

  const typeOf = (event: ReplayEvent) => (event.kind === 'result' ? event.result.recording.workflowType : 'excluded');
  const outcomeOf = (event: ReplayEvent) => (event.kind === 'result' ? event.result.outcome : event.excluded.detail);

  it.each(ATTACKS)('cannot hide it, nor reach others, by %s', async (_, attack) => {
    const code = await bundleVariant(RETURN, `try { ${attack} } catch {}\nreturn \`\${second}?\`;`);
    expect(await replay(code)).toEqual({ sequential: 'changed', parallel: 'matched', timers: 'matched' });
  });

  it('reaches nobody who has turns beside it, by what cannot be taken back', async () => {
    const attack = `Object.defineProperty(Object.prototype, 'get', { get() { throw new Error('in the way'); } });`;
    const code = await bundleVariant(RETURN, `${attack}\n  ${RETURN}`);
    const answers = answerPolicy.parse({ model: 'live' });
    const options = { answers, limits: replayLimits.parse({}), secondOpinion: 0, workers: 1 };
    const outcomes: Record<string, string> = {};
    for await (const event of replayCohort({ ...options, candidate: { name: 'c', bundle: { code } } }, streamOf()))
      outcomes[typeOf(event)] = outcomeOf(event);
    expect(outcomes).toEqual({ sequential: expect.any(String), parallel: 'matched', timers: 'matched' });
  });

  it('reaches nobody, by what a module loaded before keeps to itself either, where recordings share no context', async () => {
    const counts = `return second + (require('./preloaded.ts').count() > 1 ? '?' : '!');`;
    const code = await bundleVariant(
      RETURN,
      counts,
      './workflows.ts',
      'let runs = 0; export const count = () => (runs += 1);',
    );
    const own = sources.filter(({ summary }) => summary.workflowType === 'sequential');
    const twice = async function* () {
      yield* [...own, ...own];
    };
    const outcomes = async (recordingsPerContext: number) => {
      const found: string[] = [];
      for await (const event of eventsOf(code, twice(), { recordingsPerContext })) found.push(outcomeOf(event));
      return found;
    };
    expect(await outcomes(2)).toEqual(['matched', 'changed']);
    expect(await outcomes(1)).toEqual(['matched', 'matched']);
  });

  it.each(WHOLE_ATTACKS)('cannot hide it by %s', async (_, attack) => {
    const code = await bundleVariant(
      `${WHOLE}\n  const second = await greet(first);\n  ${RETURN}`,
      `${WHOLE.slice(0, WHOLE.indexOf('\n'))}\n  ${attack}\n  const second = await greet(first + ATTACKED);\n  return \`\${second}?\`;`.replace(
        ' + ATTACKED',
        attack.includes('every') ? " + '?'" : '',
      ),
    );
    expect(await replay(code)).toEqual({
      sequential: expect.not.stringMatching('matched'),
      parallel: 'matched',
      timers: 'matched',
    });
  });

  it.each([
    'Atomics.waitAsync(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5).value.then(evil);',
    'WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])).then(evil);',
    '(globalThis as any).assert.rejects(() => Promise.reject(1), () => { evil(); return true; });',
  ])('has no turn after its own: %s', async (attack) => {
    const evil = 'const evil = () => { (globalThis as any).__TEMPORAL_ACTIVATOR__.pushCommand = () => undefined; };';
    const code = await bundleVariant(RETURN, `${evil} try { ${attack} } catch {}\nreturn \`\${second}?\`;`);
    expect(await replay(code)).toEqual({ sequential: 'changed', parallel: 'matched', timers: 'matched' });
  });

  it('that throws while it is put away is not left out', async () => {
    const destructors =
      '(globalThis as never as { __TEMPORAL_ACTIVATOR__: { workflowSandboxDestructors: (() => void)[] } }).__TEMPORAL_ACTIVATOR__.workflowSandboxDestructors';
    const code = await bundleVariant(
      RETURN,
      `${destructors}.push(() => { throw new Error('not so'); });\nreturn \`\${second}?\`;`,
    );
    expect(await replay(code)).toEqual({ sequential: 'changed', parallel: 'matched', timers: 'matched' });
  });
});

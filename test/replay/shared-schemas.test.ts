/** Runs of a mission share zod and schemas. Whatever one does to them, the next one finds them as the first one did. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Artifact } from '../../src/artifact/artifact.ts';
import { buildArtifact } from '../../src/artifact/build-artifact.ts';
import { linkWorkflowBundle } from '../../src/artifact/link-workflow-bundle.ts';
import { shareSchemas } from '../../src/artifact/share-schemas.ts';
import { createSandbox, type Sandbox, type SandboxBundle } from '../../src/replay/sandbox.ts';
import { runToEnd } from './sandbox-runs.ts';

/** As the compiler writes it. Each attack is a workflow. */
const WORKFLOWS = `
var import_zod = require("zod");
var z = import_zod.z;
var LIMITS = { least: 2 };
var Part = import_zod.z.object({ count: import_zod.z.number().int(), mode: import_zod.z.literal("new").optional() });
var Order = import_zod.z.object({
  id: import_zod.z.string().min(2).refine((id) => id.length >= LIMITS.least),
  kind: import_zod.z.enum(["old", "new"]),
  parts: import_zod.z.array(Part).optional(),
  price: import_zod.z.discriminatedUnion("of", [
    import_zod.z.object({ of: import_zod.z.literal("one") }),
    import_zod.z.object({ of: import_zod.z.literal("all") }),
  ]),
}).strict();
var GOOD = { id: "A-1", kind: "new", parts: [{ count: 1 }], price: { of: "all" } };
var Lazy = import_zod.z.lazy(() => import_zod.z.object({ kind: import_zod.z.enum(["a", "b"]) }));
var Said = import_zod.z.object({ id: import_zod.z.string() }).meta({ title: "Said", examples: ["a"] });
function oneOf(schema, list) { return schema.refine((one) => list.includes(one)); }
var Kind = oneOf(import_zod.z.string(), ["a", "b"]);
var Flag = import_zod.z.stringbool();
var Box = import_zod.z.object({ name: import_zod.z.string() }).check(import_zod.z.properties({ name: import_zod.z.string().min(3) }));
var shown = (result) => (result.success ? result.data : result.error.issues);
var questions = [
  () => [shown(Lazy.safeParse({ kind: "c" })), shown(Lazy.safeParse({ kind: "a" })), Said.meta(), Said.description, z.toJSONSchema(Said, { io: "output", unrepresentable: "any" })],
  () => [shown(Kind.safeParse("a")), shown(Kind.safeParse("evil"))],
  () => [shown(Flag.safeParse("yes")), shown(Flag.safeParse("mine"))],
  () => [shown(Box.safeParse({ name: "a" })), shown(Box.safeParse({ name: "abc" }))],
  () => Order.safeParse(GOOD),
  () => Order.safeParse({ ...GOOD, id: "A", kind: "odd", more: 1 }).error.issues.map(({ code, message }) => [code, message]),
  () => z.toJSONSchema(Order, { io: "input", unrepresentable: "any" }),
  () => z.toJSONSchema(Order),
  () => [Order.description, Order.isOptional(), Order.shape.kind.options, Order.marked, z.object.marked],
  () => [z.email().safeParse("nobody").success, z.url().safeParse("https://example.com").success],
];
var ask = () => JSON.stringify(questions.map((one) => one()));
/* What is written by its name is made for each run. */
var same = (object) => object;
var among = (change) => (object) => { try { change(object); } catch {} };
var askAll = () => { for (let at = 0; at < questions.length; at += 1) among(questions[at])(); };
exports.asks = async () => ask();
exports.isShared = async () => (same(Order).times = (Order.times ?? 0) + 1);
exports.ofMethods = async () => { same(Order).safeParse = () => ({ success: "mine" }); same(Order).marked = true; among((one) => { one.marked = 1; })(z.object); };
exports.ofInsides = async () => {
  const { _zod } = same(Order);
  const parse = () => ({ value: "mine", issues: [] });
  [() => { _zod.run = parse; }, () => { _zod.parse = parse; }, () => { _zod.def.shape.kind = z.any(); }, () => { _zod.def.shape.more = z.any(); },
    () => { delete _zod.def.catchall; }, () => { _zod.optin = "optional"; }, () => { _zod.bag.mine = 1; }].map((change) => among(change)());
  _zod.traits.clear();
  same(Part)._zod.traits.add("mine");
};
exports.ofPrototypes = async () => {
  same(Object.getPrototypeOf(Order)).safeParse = () => ({ success: "mine" });
  among((one) => Object.defineProperty(one, "optin", { value: "optional", configurable: true }))(Object.getPrototypeOf(Order._zod));
};
exports.ofRegistry = async () => {
  z.globalRegistry.add(same(Order), { description: "mine" });
  same(Order.shape.id).register(z.globalRegistry, { id: "mine" });
};
exports.ofArrays = async () => {
  const { [Symbol.iterator]: iterate, includes } = Array.prototype;
  Array.prototype[Symbol.iterator] = function () { among((one) => one.push("more"))(this); return iterate.call(this); };
  Array.prototype.includes = function (...given) { among((one) => { one.length = 0; })(this); return includes.call(this, ...given); };
  askAll();
  Object.assign(Array.prototype, { [Symbol.iterator]: iterate, includes });
};
exports.ofTables = async () => {
  const { has } = Set.prototype;
  const { get } = Map.prototype;
  Set.prototype.has = function (key) { Set.prototype.add.call(this, "more"); return has.call(this, key); };
  Map.prototype.get = function (key) { Map.prototype.clear.call(this); return get.call(this, key); };
  askAll();
  Object.assign(Set.prototype, { has });
  Object.assign(Map.prototype, { get });
};
exports.ofWeakTables = async () => {
  const { get, has } = WeakMap.prototype;
  const found = [];
  WeakMap.prototype.get = function (key) { found.push(this); return get.call(this, key); };
  WeakMap.prototype.has = function (key) { found.push(this); return has.call(this, key); };
  askAll();
  Object.assign(WeakMap.prototype, { get, has });
  for (const table of [...found, z.globalRegistry._map]) [Order, Part, Order.shape.id].forEach(among((schema) => table.set(schema, "mine")));
};
exports.ofIssues = async () => {
  Lazy.safeParse({ kind: "c" }).error.issues[0].values.push("mine");
  Order.safeParse({ kind: "c" }).error.issues.forEach(({ values }) => values?.reverse());
  among((one) => one.options.push("mine"))(Order.shape.kind);
};
exports.ofSaid = async () => {
  same(z.globalRegistry._map.get(Said)).description = "mine";
  same(Said.meta().examples).push("mine");
};
exports.ofAbandoned = async () => {
  const evil = { get() {}, set(input) { same(input).id = "mine"; } };
  const List = z.array(z.lazy(() => List));
  among(() => List.parse(new Proxy([], { get() { throw 0; } }), { "~memo": { buckets: { get: () => evil } } }))();
};
exports.ofNames = async () => {
  const { Reflect: real } = globalThis;
  globalThis.Reflect = { ...real, ownKeys: () => [], apply: real.apply };
  askAll();
  globalThis.Reflect = real;
};
exports.ofMissing = async () => {
  for (const key of ["number", "marked", "checks", "object"]) {
    Object.defineProperty(Object.prototype, key, { configurable: true, get() { among((one) => Object.defineProperty(one, "mine", { value: 1, configurable: true }))(this); } });
  }
  askAll();
};
exports.ofFirstUse = async () => {
  const { Object: ofObjects, JSON: ofText } = globalThis;
  const mine = { keys: () => [], defineProperty: (object, key, member) => ofObjects.defineProperty(object, key, key === "optin" ? { ...member, get: () => "optional" } : member) };
  globalThis.Object = new Proxy(ofObjects, { get: (target, key) => mine[key] ?? Reflect.get(target, key) });
  globalThis.JSON = { parse: ofText.parse, stringify: () => '{"type":"mine"}' };
  askAll();
  [() => z.cuid(), () => z.email(), () => z.url(), () => z.email().safeParse("a")].map((use) => among(use)());
  globalThis.Object = ofObjects;
  globalThis.JSON = ofText;
};
/* As honest code does. */
var Node = import_zod.z.object({ name: import_zod.z.string(), get children() { return import_zod.z.array(Node).optional(); } });
var Later = import_zod.z.lazy(() => Part);
var Filled = import_zod.z.object({ list: import_zod.z.array(import_zod.z.string()) }).default({ list: [] });
var Event = import_zod.z.object({ at: import_zod.z.iso.datetime(), by: import_zod.z.record(import_zod.z.string(), import_zod.z.tuple([import_zod.z.number()])) });
var tells = (schema, value) => { const { success, data, error } = schema.safeParse(value); return success ? data : error.issues.map(({ path, message }) => [path, message]); };
exports.registers = async () => {
  same(Order).register(z.globalRegistry, { title: "Ours" });
  const form = () => z.toJSONSchema(Order, { io: "input", unrepresentable: "any" }).title;
  const first = form();
  z.globalRegistry.remove(same(Order));
  z.globalRegistry.remove(undefined);
  return [first, form(), Order.safeParse({ kind: "c" }).error.issues.flatMap(({ values }) => values?.sort() ?? [])].join();
};
exports.derives = async () => {
  const filled = Filled.parse(undefined);
  filled.list.push("mine");
  const described = Order.describe("an order").meta({ title: "Order" });
  const more = Part.extend({ more: z.string() }).refine(({ more }) => more !== "no").strict();
  return JSON.stringify([
    filled, Filled.parse(undefined),
    tells(Node, { name: "a", children: [{ name: "b", children: [{ name: 1 }] }] }), tells(Later, { count: 1.5 }),
    tells(Event, { at: "2026-01-01T00:00:00Z", by: { a: [1], b: ["x"] } }),
    tells(more, { count: 1, more: "no", odd: 1 }), tells(Part.partial().required({ count: true }), {}), tells(Part.pick({ mode: true }), { mode: "old" }),
    tells(Part.omit({ mode: true }).passthrough(), { count: 2, x: 1 }), tells(z.union([Part, z.null()]), 5), tells(Part.array().max(1), [{ count: 1 }, {}]),
    tells(Order.nullable().optional().transform((order) => order?.id), GOOD), tells(z.discriminatedUnion("kind", [Order.extend({ kind: z.literal("new") })]), GOOD),
    tells(Part.and(z.object({ b: z.number() })), { count: 1, b: 2 }), Order.shape.kind.extract(["new"]).options, described.description, z.toJSONSchema(described).title,
    tells(Order.catch(() => ({ id: "none" })), 1), tells(Order.clone(), 1), tells(z.preprocess(Number, Part.shape.count), "7"), Order["~standard"].validate(1).issues.length,
    tells(Part.brand("x").readonly(), { count: 3 }), z.prettifyError(Order.safeParse({}).error), Order.keyof().options, z.treeifyError(Part.safeParse({}).error),
  ]);
};
exports.ofConfig = async () => among(() => z.config({ customError: () => "mine" }))();
`;

/** Each has the one before twice. */
const LEVELS = Array.from({ length: 24 }).reduce<string>((one) => `same(${one})`, 'z.string()');

let artifact: Artifact;
let bundle: SandboxBundle;
/** Of a run that had a context for itself. */
let answer: unknown;

beforeAll(async () => {
  artifact = await buildArtifact({ root: process.cwd(), mission: 'refund-eligibility' });
  bundle = await linkWorkflowBundle({ ...artifact, code: { ...artifact.code, workflow: WORKFLOWS } });
  answer = await runToEnd(await createSandbox(bundle), 'asks');
}, 120_000);

async function afterRunOf(attack: string): Promise<Sandbox> {
  const sandbox = await createSandbox(bundle);
  await runToEnd(sandbox, attack);
  return sandbox;
}

describe('schemas that runs share', () => {
  it('are shared, and have what one run wrote on them in that run alone', async () => {
    expect(String(answer)).toContain('"count":1');
    const sandbox = await afterRunOf('isShared');
    expect(await runToEnd(sandbox, 'isShared')).toBe(1);
  });

  it('serve whoever makes others of them, again and again', async () => {
    const sandbox = await createSandbox(bundle);
    const first = await runToEnd(sandbox, 'derives');
    expect(first).toContain('Too big: expected array to have <=1 items');
    expect(await runToEnd(sandbox, 'derives')).toBe(first);
    expect(sandbox.isSpoiled).toBe(false);
  });

  it.each([
    ['have no end', 'z.array(node({ node }))', '[{ next: { next: {} } }]', 'true'],
    ['are as many as can be', LEVELS, '{}', 'false'],
    [
      'cannot be made',
      'z.object({ one: z.lazy(() => z.object({ a: Part }).extend(1)) })',
      '{ one: {} }',
      'Invalid input to extend',
    ],
  ])('work where they %s', async (_, schema, value, said) => {
    const workflow = `
var import_zod = require("zod");
var z = import_zod.z;
var Part = import_zod.z.string();
function same(one) { return import_zod.z.object({ a: one, b: one }); }
var node = (kit) => import_zod.z.object({ next: import_zod.z.lazy(() => kit.node(kit)).optional() });
var Asked = ${schema.replaceAll('z.', 'import_zod.z.')};
exports.asks = async () => { try { return String(Asked.safeParse(${value}).success); } catch (error) { return error.message; } };
`;
    const code = { ...artifact.code, workflow };
    const sandbox = await createSandbox(await linkWorkflowBundle({ ...artifact, code }));
    expect(shareSchemas(workflow).schemas).toContain('keep(0,');
    expect(await runToEnd(sandbox, 'asks')).toContain(said);
    expect(sandbox.isSpoiled).toBe(schema !== LEVELS);
  });

  it('have the form that the registry of a run says', async () => {
    const sandbox = await createSandbox(bundle);
    for (const _ of 'ab') expect(await runToEnd(sandbox, 'registers')).toBe('Ours,,new,old');
    expect(await runToEnd(sandbox, 'asks')).toBe(answer);
    expect(sandbox.isSpoiled).toBe(false);
  });

  it.each([...WORKFLOWS.matchAll(/^exports\.(of\w+)/gm)].map(([, name = '']) => name))(
    'are as before when a run changed what it can get hold of: %s',
    async (attack) => {
      const sandbox = await afterRunOf(attack);
      expect(await runToEnd(sandbox, 'asks')).toBe(answer);
      expect(sandbox.isSpoiled).toBe(false);
    },
  );
});

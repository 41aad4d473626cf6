/** Schemas that runs share are those that are the same in every run; the rest of a module is made anew for every run. */
import { compileFunction } from 'node:vm';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { SHARED, shareSchemas } from '../../src/artifact/share-schemas.ts';

const ZOD = 'var z=require("zod");';

type Evaluated = Readonly<Record<string, unknown>>;

/** A context: `run` evaluates the module once more, with the schemas that all its runs share. */
function openContext(code: string): { readonly shared: readonly string[]; run(): Evaluated } {
  const { workflow, schemas } = shareSchemas(ZOD + code);
  const linked = (): typeof z => z;
  const table: unknown[] = [];
  const made: string[] = [];
  const keep = (index: number, make: () => unknown): unknown => {
    const value = make();
    const isSchema = value instanceof z.ZodType;
    if (isSchema) made[index] = String(make);
    Object.defineProperty(table, index, isSchema ? { value } : { get: make });
    return value;
  };
  compileFunction(schemas, ['require', 'keep'])(linked, keep);
  const evaluate = compileFunction(workflow, ['require', 'exports', SHARED]);
  return {
    shared: made.filter((text) => text !== undefined).map((text) => text.replace('()=>', '')),
    run() {
      const exports: Record<string, unknown> = {};
      evaluate(linked, exports, table);
      return exports;
    },
  };
}

describe('shared', () => {
  const cases: readonly (readonly [what: string, code: string, shared: readonly string[]])[] = [
    ['a schema', 'exports.S=z.object({id:z.string()});', ['z.object({id:z.string()})']],
    ['a schema of schemas', 'var A=z.string();exports.S=z.array(A);', ['z.string()', 'z.array(A)']],
    [
      'one inside a call of something else',
      'exports.S=define({in:z.string()});function define(a){return a}',
      ['z.string()'],
    ],
    ['a pure refinement', 'exports.S=z.string().refine(v=>v.length<9);', ['z.string().refine(v=>v.length<9)']],
    [
      'what helpers annotate',
      'var h={mark:s=>mark(s,"x")};function mark(s,m){return s.meta({m})}exports.S=h.mark(z.string());',
      ['h.mark(z.string())'],
    ],
    ['values of a constant list', 'var L=["a","b"];exports.S=z.enum(L);', ['z.enum(L)']],
    ['a default that is a literal', 'exports.S=z.string().default("x");', ['z.string().default("x")']],
  ];
  it.each(cases)('%s', (_, code, shared) => {
    const context = openContext(code);
    expect(context.shared).toEqual(shared);
    expect(context.run()['S']).toBeDefined();
  });

  it('gives every run the same schema, which says what the source says', () => {
    const code = 'var Id=z.string().min(2);exports.Order=z.object({id:Id,total:z.number().nonnegative()});';
    const context = openContext(code);
    const [first, second] = [context.run()['Order'], context.run()['Order']];
    expect(first).toBe(second);
    const written = z.object({ id: z.string().min(2), total: z.number().nonnegative() });
    expect(z.toJSONSchema(first as z.ZodType)).toEqual(z.toJSONSchema(written));
  });
});

describe('not shared', () => {
  /** With the parts of it that are. */
  const cases: readonly (readonly [what: string, code: string, parts: readonly string[]])[] = [
    ['a refinement over module state', 'let n=0;exports.S=z.string().refine(()=>++n<9);', ['z.string()']],
    [
      'a refinement over state behind a function',
      'let n=0;function next(){return ++n}exports.S=z.string().refine(()=>next()<9);',
      ['z.string()'],
    ],
    [
      'a refinement over an object of the module',
      'var s={n:0};exports.S=z.string().refine(()=>s.n<9);exports.go=()=>{s.n+=1};',
      ['z.string()'],
    ],
    ['a refinement over a set', 'var s=new Set;exports.S=z.string().refine(v=>s.has(v));', ['z.string()']],
    ['an asynchronous refinement', 'exports.S=z.string().refine(async v=>v);', ['z.string()']],
    ['a time', 'exports.S=z.number().min(Date.now());', ['z.number()']],
    ['a random number', 'exports.S=z.number().min(Math.random());', ['z.number()']],
    ['an instance', 'exports.S=z.date().min(new Date(0));', ['z.date()']],
    ['a list that is written to', 'var L=["a"];L.push("b");exports.S=z.enum(L);', []],
    ['a list that is handed out', 'var L=["a"];fill(L);function fill(l){l.push("b")}exports.S=z.enum(L);', []],
    ['a list under another name', 'var L=["a"];var M=L;M.push("b");exports.S=z.enum(L);', []],
    ['a list in a list', 'var L=[["a"]];L[0].push("b");exports.S=z.enum(L[0]);', []],
    ['a name that is declared twice', 'var A=1;var A=2;exports.S=z.literal(A);', []],
    ['a name that is assigned later', 'var A;A=make();function make(){return z.string()}exports.S=z.array(A);', []],
    [
      'what is derived from a schema that somebody writes to',
      'var A=z.any();A.seen=0;exports.S=A.optional();',
      ['z.any()'],
    ],
    ['a default that is an object', 'exports.S=z.any().default([]);', ['z.any()']],
    ['a registration', 'var r=z.registry();exports.S=z.any().register(r,{});', []],
    ['what refers to itself', 'var N=z.lazy(()=>N);exports.S=z.any();', ['z.any()']],
    ['what a function makes', 'exports.S=make();function make(){return z.string()}', []],
  ];
  it.each(cases)('%s', (_, code, parts) => {
    expect(openContext(code).shared).toEqual(parts);
  });

  it('what is no schema is made for every run', () => {
    const context = openContext('exports.S=z.object({a:z.array(z.string())}).parse({a:[]});');
    const first = context.run()['S'] as { a: string[] };
    first.a.push('of the first run');
    expect(context.run()['S']).toEqual({ a: [] });
  });

  it('module state is of one run', () => {
    const context = openContext(
      'let n=0;var seen=[];exports.S=z.string();exports.go=()=>{n+=1;seen.push(n);return seen.length};',
    );
    expect(context.shared).toEqual(['z.string()']);
    for (const run of [context.run(), context.run()]) {
      expect((run['go'] as () => number)()).toBe(1);
    }
  });

  it('code without zod, and what is no code, stay as they are', () => {
    for (const code of ['exports.x=1;', 'var z=require("zod");exports.x=(;']) {
      expect(shareSchemas(code)).toEqual({ workflow: code, schemas: '' });
    }
  });
});

it('keeps every other character at its line and column', () => {
  const code = `${ZOD}\nvar text=\`one\ntwo\`;\nexports.S=z.object({\n  id: z.string(),\n  at: z.iso.datetime()\n}),exports.T=text;\nexports.done=() => {};`;
  const { workflow } = shareSchemas(code);
  expect(workflow).not.toBe(code);
  expect(workflow.length).toBe(code.length);
  const places = (text: string, what: string) => text.split('\n').map((line) => line.indexOf(what));
  expect(places(workflow, 'exports.done')).toEqual(places(code, 'exports.done'));
  expect(places(workflow, 'exports.T')).toEqual(places(code, 'exports.T'));
});

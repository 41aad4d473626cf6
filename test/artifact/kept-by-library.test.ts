/** Zod's modules tell what they keep: of the module, of each class and of each schema. */
import { describe, expect, it } from 'vitest';
import { bundleLibrary } from '../../src/artifact/bundle-library.ts';
import { evaluateModule } from '../../src/artifact/evaluate-module.ts';
import { tellingWhatItKeeps } from '../../src/artifact/kept-by-library.ts';

/** What is handed over, in the order of the text. */
function handedBy(code: string): string[] {
  return [...tellingWhatItKeeps(code).matchAll(/__missionKept\?\.\(\[(.*?)\],(?=")"([^"]*)"\)/g)].map(
    ([, names, by]) => `${by}: ${names}`,
  );
}

describe('a module of zod', () => {
  it('hands over its variables, those that it writes to by themselves', () => {
    const code = `import { other } from './other.js';
const table = { a: 1 };
export const open = [];
let last;
export function add(one) { open.push(one); last = one; }
class Held {}
export default add;
`;
    expect(handedBy(code)).toEqual([
      'zod: open,last',
      'zod, settling: table,add,Held',
      'zod, assigned: [()=>last,(given)=>{last=given}]',
    ]);
  });

  it('hands over what a constructor keeps for each schema, before it returns', () => {
    const code = `export const Text = core.$constructor("Text", (inst, def) => {
  const checks = [...def.checks];
  let value;
  inst.parse = () => { const here = 1; value = here; return checks; };
  return inst;
});
`;
    expect(handedBy(code)).toEqual([
      'zod: value',
      'zod, settling: checks',
      'zod, assigned: [()=>value,(given)=>{value=given}]',
      'zod, settling: Text',
    ]);
    expect(tellingWhatItKeeps(code)).toMatch(/"zod, assigned"\);return inst;/);
  });

  it('hands over what belongs to a class, and what a function keeps for the one that it gives', () => {
    const code = `export function $constructor(name, init) { const proto = {}; class Made {} return Made; }
const error = () => {
  const words = { a: 1 };
  return (issue) => words[issue];
};
`;
    expect(handedBy(code)).toEqual([
      'zod: name,init,proto,Made',
      'zod, settling: words',
      'zod, settling: $constructor,error',
    ]);
  });

  it('stays as it is where it keeps nothing', () => {
    const code = `export * from './other.js';\nimport './more.js';\n`;
    expect(tellingWhatItKeeps(code)).toBe(code);
  });
});

describe('the library of an artifact', () => {
  it('works where nobody asks what it keeps, and tells nothing', async () => {
    const require = () => undefined;
    const library = evaluateModule(await bundleLibrary(), { filename: 'library.cjs', require });
    const { z } = library as { z: typeof import('zod').z };
    expect(z.object({ a: z.enum(['b']) }).safeParse({ a: 'c' }).success).toBe(false);
  }, 30_000);
});

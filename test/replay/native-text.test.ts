/** The host's UTF-8 in a sandbox gives what the SDK's own coder gives, of any text and any bytes. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import vm from 'node:vm';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleWorkflows } from '../../src/artifact/bundle-workflows.ts';
import { handingOverModules } from '../../src/replay/module-handover.ts';
import { useNativeText } from '../../src/replay/native-text.ts';
import { OrdinaryContextCreator } from '../../src/replay/ordinary-context.ts';
import { makeProject, type ScratchProject } from './plain/project.ts';

interface Coder {
  encode(text: string): Uint8Array;
  decode(bytes: Uint8Array): string;
}

const ID = './node_modules/@temporalio/common/lib/encoding.js';
const source = await readFile(createRequire(import.meta.url).resolve('@temporalio/common/lib/encoding'), 'utf8');

/** The SDK's module in a context of its own, and the context. */
function loadCoder(): { readonly coder: Coder; readonly context: vm.Context } {
  const context = vm.createContext({});
  const exports = vm.runInContext(`(() => { const exports = {}; ${source}\n; return exports; })()`, context) as Coder;
  context['__webpack_module_cache__'] = { [ID]: { exports } };
  return { coder: exports, context };
}

const { coder: own } = loadCoder();
const { coder: native, context } = loadCoder();
useNativeText(context, [ID]);

const codeUnits = (max: number) => fc.array(fc.integer({ min: 0, max }), { maxLength: 400 });
const texts = fc.oneof(
  codeUnits(0xffff).map((units) => String.fromCharCode(...units)),
  codeUnits(0x7f).map((units) => String.fromCharCode(...units)),
  fc.string({ unit: 'grapheme', maxLength: 300 }),
  fc.json(),
);
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 400 }),
  texts.map((text) => new TextEncoder().encode(text)),
  texts.map((text) => new TextEncoder().encode(text).subarray(1, -1)),
);

describe('texts in a sandbox', () => {
  it('are encoded as the SDK encodes them', () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect([...native.encode(text)]).toEqual([...own.encode(text)]);
      }),
      { numRuns: 500 },
    );
  });

  it('are decoded as the SDK decodes them', () => {
    fc.assert(
      fc.property(bytes, (given) => {
        expect(native.decode(given)).toBe(own.decode(given));
      }),
      { numRuns: 500 },
    );
  });

  it('are decoded of a part of a buffer, and encoded to arrays of the realm inside', () => {
    const text = 'é'.repeat(100);
    const within = Buffer.concat([Buffer.from('before'), Buffer.from(text), Buffer.from('after')]).subarray(6, 206);
    expect(native.decode(within)).toBe(text);
    context['encoded'] = native.encode(text);
    expect(vm.runInContext('encoded instanceof Uint8Array && encoded.length', context)).toBe(200);
  });

  it.each([undefined, null, 7, {}])('are what the SDK takes %s for', (given) => {
    expect([...native.encode(given as never)]).toEqual([...own.encode(given as never)]);
  });
});

describe('a bundle', () => {
  let project: ScratchProject;
  beforeAll(async () => {
    project = await makeProject({ 'package.json': '{}', 'workflows.ts': 'export async function one() { return 1; }' });
  }, 120_000);
  afterAll(() => project.remove());

  it('has its coder replaced', async () => {
    const { code } = await bundleWorkflows({ workflowsPath: './workflows.ts', root: project.root });
    const sourceMap = { version: 3, sources: [], names: [], mappings: '', file: '' };
    const creator = await OrdinaryContextCreator.create(
      { code: handingOverModules(code), sourceMap: sourceMap as never, filename: 'bundle.js' },
      60_000,
      new Set(),
    );
    const inside = creator as unknown as { readonly context: vm.Context };
    const id = /"([^"]*common\/lib\/encoding\.js)"/.exec(code)?.[1] ?? '';
    const modules = inside.context['__webpack_module_cache__'] as Record<
      string,
      { exports: { TextEncoder: () => unknown } }
    >;
    expect(String(modules[id]?.exports.TextEncoder.prototype.encode)).toContain('isWellFormed');
    await creator.destroy();
  });
});

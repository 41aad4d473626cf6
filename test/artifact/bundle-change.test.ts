/** Two bundles of Temporal's bundler are taken apart into places that have names, and put together again from either side. */
import vm from 'node:vm';
import { describe, expect, it } from 'vitest';
import { type BundleChange, splitBundles } from '../../src/artifact/bundle-change.ts';

/** A bundle of CommonJS modules, as the bundler writes it, without what these tests do not need. */
function bundle(modules: Readonly<Record<string, string>>, entry = './workflows.js'): string {
  const table = Object.entries(modules).map(
    ([id, body]) => `${JSON.stringify(id)}\n(__unused_webpack_module, exports, __webpack_require__) {\n${body}\n}`,
  );
  return `var __TEMPORAL__;
(() => {
  var __webpack_modules__ = ({${table.join(',\n')}});
  function __webpack_require__(id) {
    const module = { exports: {} };
    __webpack_modules__[id](module, module.exports, __webpack_require__);
    return module.exports;
  }
  exports.importWorkflows = function importWorkflows() {
  return __webpack_require__(/*! ./workflows */ ${JSON.stringify(entry)});
  }
})()
`;
}

/** What `order()` of a bundle returns. */
function ordered(code: string): unknown {
  const exports: { importWorkflows?: () => { order: () => unknown } } = {};
  vm.runInNewContext(code, { exports });
  return exports.importWorkflows?.().order();
}

const PLAIN = {
  './workflows.js': `const { limit } = __webpack_require__(/*! ./rules.js */ "./rules.js");
const words = __webpack_require__(/*! words */ "../../node_modules/words/index.js");
exports.order = function order() {
  const asked = 1;
  return { asked, limit, words: words.all, description: 'A rather long text that takes much room', model: 'small' };
};`,
  './rules.js': 'exports.limit = 10;',
  '../../node_modules/words/index.js': "exports.all = 'a';",
};

function changed(edits: Readonly<Record<string, readonly [from: string, to: string]>>): BundleChange {
  const modules = Object.entries(PLAIN).map(([id, body]) => {
    const [from, to] = edits[id] ?? ['', ''];
    return [id.replace('../../', '../'), body.replaceAll('../../', '../').replace(from, to)];
  });
  const change = splitBundles(bundle(PLAIN), bundle(Object.fromEntries(modules)));
  if (change === undefined) throw new Error('nothing changed');
  return change;
}

describe('a change of bundles', () => {
  it('is none where packages only lie elsewhere, and none between other texts', () => {
    const elsewhere = { ...PLAIN, './workflows.js': PLAIN['./workflows.js'].replace('../../', '../') };
    const moved = Object.entries(elsewhere).map(([id, body]) => [id.replace('../../', '../'), body]);
    expect(splitBundles(bundle(PLAIN), bundle(Object.fromEntries(moved)))).toBeUndefined();
    expect(splitBundles('exports.order = 1;', 'exports.order = 2;')).toBeUndefined();
  });

  it('names members of long statements, short statements, modules and packages, and swaps each alone', () => {
    const change = changed({
      './workflows.js': ["model: 'small'", "model: 'large'"],
      './rules.js': ['10', '20'],
      '../../node_modules/words/index.js': ["'a'", "'b'"],
    });
    const long = "code: workflows.js order: return { asked, limit, words:… model: 'large'";
    expect([...change.modules]).toEqual([
      ['code: workflows.js', [long]],
      ['code: rules.js', ['code: rules.js limit']],
      ['code: words', []],
    ]);
    const before = { limit: 10, words: 'a', model: 'small' };
    const taking = (...units: string[]) => ordered(change.render(new Set(units)));
    expect(taking()).toMatchObject(before);
    expect(taking(long)).toMatchObject({ ...before, model: 'large' });
    expect(taking('code: rules.js limit')).toMatchObject({ ...before, limit: 20 });
    expect(taking('code: rules.js')).toMatchObject({ ...before, limit: 20 });
    expect(taking('code: words')).toMatchObject({ ...before, words: 'b' });
    expect(taking('code')).toMatchObject({ limit: 20, words: 'b', model: 'large' });
  });

  it('has modules that are new in every hybrid, for whichever asks for them', () => {
    const candidate = {
      ...PLAIN,
      './rules.js': 'exports.limit = __webpack_require__(/*! ./more.js */ "./more.js").limit;',
      './more.js': 'exports.limit = 30;',
    };
    const change = splitBundles(bundle(PLAIN), bundle(candidate));
    expect(ordered(change?.render(new Set()) ?? '')).toMatchObject({ limit: 10 });
    expect(ordered(change?.render(new Set(['code: rules.js limit'])) ?? '')).toMatchObject({ limit: 30 });
  });

  it('takes the file that exports the workflows for the same, whatever it is called', () => {
    const { './workflows.js': workflows, ...others } = PLAIN;
    const renamed = { ...others, './new.js': workflows.replace('asked = 1', 'asked = 2') };
    const change = splitBundles(bundle(PLAIN), bundle(renamed, './new.js'));
    expect([...(change?.modules ?? [])]).toEqual([['code: new.js', ['code: new.js order: const asked = 2;']]]);
    expect(ordered(change?.render(new Set(['code'])) ?? '')).toMatchObject({ asked: 2 });
  });
});

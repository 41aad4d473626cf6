/**
 * What the SDK's modules keep in variables is handed over while they are loaded, so that a replay can see what a run did to it. Where nobody asks for it,
 * in a worker or in a run that loads a module for itself, nothing happens.
 *
 * The text is added to where it neither moves a line nor stands before code of one. It is found by how Temporal's bundler and the compiler of its SDK lay out
 * what they write; `test/replay/kept-by-sdk.test.ts` fails when something is not found any more.
 */

/** The global that is told, while there is one. */
export const KEPT_GLOBAL = '__missionKept';

/** Where the SDK's modules and those that it needs are. */
export const IDS_OF_SDK = /node_modules[\\/]+(?:@temporalio|long|ms|nexus-rpc|protobufjs)[\\/](?!.*node_modules)/;

/** What begins and ends a module in a bundle. */
const MODULE = /^\/\*{3}\/ "([^"\n]+)"/gm;
const MODULE_END = '\n/***/ }';

/** What the compiler of the SDK writes at the beginning of a line is not inside of anything. */
const DECLARED =
  /^(?:(?:async )?function\*? ([\w$]+)|class ([\w$]+)|(?:const|let|var) (?:([\w$]+)|\[([\w$, ]+)\]|\{([\w$,: ]+)\}) =)/gm;

/** Words that follow such a word in sentences, and are no names. */
const NO_NAMES = new Set(
  'break case catch class const continue debugger default delete do else enum export extends false finally for function if implements import in instanceof interface let new null package private protected public return static super switch this throw true try typeof var void while with yield await'.split(
    ' ',
  ),
);

/** Constants that functions keep for those inside of them; they are called while the SDK is loaded. */
const KEPT_BY_FUNCTIONS = [
  {
    ids: /enums-helpers\.js$/,
    after: /const reverseTable = [^\n]*;/g,
    names: ['mapTable', 'reverseTable', 'isShortStringEnumKeys', 'isNumericEnumValue'],
  },
  { ids: /workflow[\\/]+lib[\\/]+flags\.js$/, after: /const regex = [^\n]*;/g, names: ['regex'] },
  { ids: /workflow[\\/]+lib[\\/]+flags\.js$/, after: /function isAtLeast\(compare[^\n]*\{/g, names: ['compare'] },
  { ids: /long[\\/]+umd[\\/]+index\.js$/, after: /var UINT_CACHE = [^\n]*;/g, names: ['INT_CACHE', 'UINT_CACHE'] },
  {
    ids: /long[\\/]+umd[\\/]+index\.js$/,
    after: /var TWO_PWR_24 = [^\n]*;/g,
    names: ['TWO_PWR_24', 'ctz32', 'fromValue'],
  },
];

/** How what is kept is found: told apart from what was found in another way. */
export const KEEPING = [
  KEPT_GLOBAL,
  MODULE,
  DECLARED,
  ...KEPT_BY_FUNCTIONS.flatMap((one) => Object.values(one)),
].join();

/** Text that is added to a bundle. */
export interface Addition {
  /** In the bundle's own text, in characters. */
  readonly at: number;
  readonly text: string;
}

/** Of a bundle as the bundler writes it; in one that was written anew, without line breaks, nothing is found. */
export function keptIn(code: string): Addition[] {
  return [...code.matchAll(MODULE)].flatMap(({ 1: id = '', index }) => {
    const end = IDS_OF_SDK.test(id) ? code.indexOf(MODULE_END, index) : -1;
    return end < 0 ? [] : keptInModule(id, { code: code.slice(index, end), start: index });
  });
}

function keptInModule(id: string, { code, start }: { readonly code: string; readonly start: number }): Addition[] {
  const names = [...code.matchAll(DECLARED)].flatMap(([, ...found]) => namesIn(found));
  const inside = KEPT_BY_FUNCTIONS.filter(({ ids }) => ids.test(id)).flatMap(({ after, names: kept }) =>
    [...code.matchAll(after)].map((found) => ({
      at: start + found.index + found[0].length,
      text: `globalThis.${KEPT_GLOBAL}?.(${listOf(kept)});`,
    })),
  );
  return [
    ...inside,
    { at: start + code.length, text: `;globalThis.${KEPT_GLOBAL}?.(${listOf(names)},${JSON.stringify(id)});` },
  ];
}

/** What looks like a declaration in a text of several lines is none. */
function listOf(names: readonly string[]): string {
  return `[${names.map((name) => `typeof ${name}=="undefined"?0:${name}`).join()}]`;
}

/** Of a declaration: one name, or those of a list or an object that is taken apart. */
function namesIn(found: readonly (string | undefined)[]): string[] {
  return found
    .flatMap((names) => names?.split(',').map((name) => name.split(':').at(-1)?.trim() ?? '') ?? [])
    .filter((name) => name !== '' && !NO_NAMES.has(name));
}

export function inOrder(additions: readonly Addition[]): readonly Addition[] {
  return additions.toSorted((one, other) => one.at - other.at);
}

export function withAdditions(code: string, additions: readonly Addition[]): string {
  let [text, from] = ['', 0];
  for (const { at, text: added } of inOrder(additions)) {
    text += code.slice(from, at) + added;
    from = at;
  }
  return text + code.slice(from);
}

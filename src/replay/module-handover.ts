/** How a bundle hands over its modules while it is loaded: the table of them, and what the SDK's keep in variables. `shared-modules.ts` looks after what comes. */
import vm from 'node:vm';
import { type Addition, inOrder, KEPT_GLOBAL, keptIn, withAdditions } from '../artifact/kept-by-sdk.ts';

/** Called once by the bundle, when it begins to load. */
const TABLE = '__missionModules';

const HANDING_OVER = `${TABLE}(__webpack_require__, __webpack_modules__) ?? `;

/** Where a bundle gets the modules that are loaded already; the SDK's bundler writes it so. What it is set to stays the same. */
const MODULE_CACHE = /__webpack_module_cache__\s*=\s*(?=globalThis\.__webpack_module_cache__)/g;

/** Of the bundler's own. A bundle whose names were shortened has none. */
export interface ModuleTable {
  /** `require`, with what it uses. */
  readonly load: object;
  /** What makes each module, by its id. */
  readonly factories: Readonly<Record<string, unknown>>;
  /** What modules made of these classes while they were loaded. */
  readonly tables: readonly { readonly object: object; readonly isPreloaded: boolean }[];
  /** Modules of the SDK that told what they keep. */
  readonly told: readonly string[];
  /** What that is. */
  readonly kept: readonly unknown[];
  /** What functions of the SDK look things up in, and never change. */
  readonly constants: readonly object[];
}

function additionsTo(code: string): readonly Addition[] {
  const tables = [...code.matchAll(MODULE_CACHE)].map((found) => ({
    at: found.index + found[0].length,
    text: HANDING_OVER,
  }));
  return [...tables, ...keptIn(code)];
}

/** The bundle's text, to be loaded where {@link awaitModules} waits for it. */
export function handingOverModules(code: string): string {
  return withAdditions(code, additionsTo(code));
}

/** @returns for places in the text that hands over, in characters, where they are in the bundle's own */
export function placesInBundle(code: string): (place: number) => number {
  let by = 0;
  const shifts = inOrder(additionsTo(code)).map(({ at, text }) => {
    const from = at + by;
    by += text.length;
    return { at, from, by };
  });
  return (place) => {
    const last = shifts.findLast(({ from }) => from < place);
    return last === undefined ? place : Math.max(last.at, place - last.by);
  };
}

const AWAIT = new vm.Script(`(() => {
  let handed;
  const kept = [];
  const told = [];
  const constants = [];
  const tables = [];
  const real = { Map, Set };
  for (const name of ['Map', 'Set']) {
    const noting = new Proxy(real[name], {
      construct(target, given, asked) {
        const object = Reflect.construct(target, given, asked === noting ? target : asked);
        // The SDK loads its own modules first, and says so.
        tables.push({ object, isPreloaded: globalThis.__TEMPORAL__ !== undefined });
        return object;
      },
    });
    globalThis[name] = noting;
  }
  const answer = (name, value) => Object.defineProperty(globalThis, name, { value, configurable: true });
  answer('${TABLE}', (load, factories) => {
    delete globalThis.${TABLE};
    handed = { load, factories };
  });
  answer('${KEPT_GLOBAL}', (values, id) => {
    if (id !== undefined) told.push(id);
    (id === undefined ? constants : kept).push(...values);
  });
  return (beginning) => {
    for (const name of ['${TABLE}', '${KEPT_GLOBAL}']) {
      delete globalThis[name];
      delete beginning[name];
    }
    for (const name of ['Map', 'Set']) {
      globalThis[name] = real[name];
      beginning[name].value = real[name];
    }
    return handed && { ...handed, told, kept, constants, tables: [...tables] };
  };
})()`);

/** @returns to be called when the bundle is loaded, with all globals */
export function awaitModules(context: vm.Context): (beginning: PropertyDescriptorMap) => ModuleTable | undefined {
  return AWAIT.runInContext(context) as (beginning: PropertyDescriptorMap) => ModuleTable | undefined;
}

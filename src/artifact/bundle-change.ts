/**
 * A change of plain workflows, taken apart for attribution: modules, in them functions, in these statements. A package is one
 * module. What is swapped is swapped in the bundles, so that neither sources nor a bundler are needed.
 *
 * Invariants
 * 1. Nothing taken is the baseline; the modules of both sides are there in every hybrid, as only what is asked for runs.
 * 2. Which interceptors and converters there are is the baseline's: they are of the worker, and the same for both.
 */

import { piecesOfModule } from './module-change.ts';
import type { Piece } from './piece.ts';
import { renderPieces, unitsIn } from './piece.ts';
import { type BundledModule, type BundleModules, ENTRY, readBundle, withIds } from './webpack-modules.ts';

export interface BundleChange {
  /** `code: order.ts` → its functions and statements; none where it is swapped as a whole. */
  readonly modules: ReadonlyMap<string, readonly string[]>;
  /** The bundle of the baseline with what is taken of the candidate. */
  render(taken: ReadonlySet<string>): string;
}

interface ChangedModule {
  readonly unit: string;
  readonly baseline: BundledModule;
  readonly candidate: BundledModule;
  readonly pieces: readonly Piece[];
}

/**
 * Compares two bundles.
 *
 * @returns `undefined` when they are not Temporal's bundler's, or nothing in them differs.
 * @throws SyntaxError when one of them cannot be read.
 */
export function splitBundles(baseline: string, candidate: string): BundleChange | undefined {
  const [before, after] = [readBundle(baseline), readBundle(candidate)];
  if (before === undefined || after === undefined) return undefined;
  const changed = [...after.modules.values()].flatMap((module) => changedModule(module, before, after));
  if (changed.length === 0) return undefined;
  return { modules: modulesOf(changed), render: (taken) => render(before, after, changed, taken) };
}

function changedModule(candidate: BundledModule, before: BundleModules, after: BundleModules): ChangedModule[] {
  const baseline = before.modules.get(candidate.name);
  if (baseline === undefined || baseline.body === candidate.body) return [];
  const unit = unitOf(candidate.name === ENTRY ? after.entry : candidate.name);
  const isPackage = candidate.name.startsWith('node_modules/');
  const pieces = isPackage
    ? [{ unit, baseline: baseline.body, candidate: candidate.body }]
    : piecesOfModule(baseline, candidate, unit);
  return unitsIn(pieces).length === 0 ? [] : [{ unit, baseline, candidate, pieces }];
}

/** `code: order.ts`, `code: zod`. */
function unitOf(name: string): string {
  const [, inPackages] = /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(name) ?? [];
  return `code: ${inPackages ?? name.replace(/^\.\//, '')}`;
}

function modulesOf(changed: readonly ChangedModule[]): Map<string, string[]> {
  const modules = new Map<string, string[]>();
  for (const { unit, pieces } of changed) {
    const own = unitsIn(pieces).filter((name) => name !== unit);
    modules.set(unit, [...new Set([...(modules.get(unit) ?? []), ...own])]);
  }
  return modules;
}

function render(
  before: BundleModules,
  after: BundleModules,
  changed: readonly ChangedModule[],
  taken: ReadonlySet<string>,
): string {
  const idOf = (name: string) => before.modules.get(name)?.id ?? `added: ${name}`;
  const isTaken = (unit: string) => taken.has('code') || taken.has(unit);
  const swapped = changed.map(({ unit, baseline, candidate, pieces }) => {
    const body = renderPieces(pieces, (own) => isTaken(own) || isTaken(unit));
    return { baseline, text: moduleText(baseline.id, withIds(body, idOf), parametersOf(baseline, candidate)) };
  });
  const added = [...after.modules.values()]
    .filter(({ name }) => !before.modules.has(name))
    .map(({ name, body, parameters }) => moduleText(idOf(name), withIds(body, idOf), parameters));
  const inOrder = swapped.toSorted((one, other) => one.baseline.start - other.baseline.start);
  const parts: string[] = [];
  let at = 0;
  for (const { baseline, text } of inOrder) {
    parts.push(before.code.slice(at, baseline.start), text);
    at = baseline.end;
  }
  const [last] = [...before.modules.values()].toSorted((one, other) => other.end - one.end);
  const end = last?.end ?? at;
  parts.push(before.code.slice(at, end), ...added.map((text) => `,\n${text}`), before.code.slice(Math.max(at, end)));
  return parts.join('');
}

/** An argument that one side does not use has the name that the other gives it. */
function parametersOf({ parameters: ours }: BundledModule, { parameters: theirs }: BundledModule): string[] {
  return Array.from({ length: Math.max(ours.length, theirs.length) }, (_, index) => {
    const [one, other] = [ours[index], theirs[index]];
    return one === undefined || one.startsWith('__unused_webpack_') ? (other ?? one ?? '') : one;
  });
}

function moduleText(id: string, body: string, parameters: readonly string[]): string {
  return `${JSON.stringify(id)}(${parameters.join(', ')}) {${body}}`;
}

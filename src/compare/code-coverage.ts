/**
 * Coverage of code: which functions of the candidate ran, and what in them never did. Pure.
 *
 * Invariants
 * 1. Only the project's own modules count: what packages have and nobody uses says nothing.
 * 2. A block is never taken only if it was not in any run that its function was in.
 * 3. A function that was loaded by no recording is not known, and not told.
 */
import { digestOfJson } from '../shared/digest.ts';
import type { CoverageReport, CoveredPart } from './coverage.ts';
import { byText } from './group-counter.ts';

/** Characters of a bundle's code, from the first to behind the last. */
export interface CodeRange {
  readonly start: number;
  readonly end: number;
}

/** A function of the bundle, and what happened to it in one run. */
export interface WalkedFunction extends CodeRange {
  /** As V8 names it; `''` where it has no name. */
  readonly name: string;
  readonly isRun: boolean;
  /** What of it did not run, where it ran. */
  readonly skipped: readonly CodeRange[];
}

/** A module of the project in the bundle's code. */
export interface CoveredModule extends CodeRange {
  /** `order.ts` */
  readonly name: string;
}

/** An activity, a child: what a run asked for, by its type. */
export interface TakenStep {
  readonly kind: string;
  readonly name: string;
}

export interface CodeCoverage {
  /** One recording. */
  add(functions: readonly WalkedFunction[], steps: readonly TakenStep[]): void;
  finish(): CoverageReport;
}

interface Counted {
  readonly name: string;
  readonly range: CodeRange;
  runs: number;
  /** What no run took so far; `undefined` before the first run. */
  never: readonly CodeRange[] | undefined;
}

/** What people call the code of a bundle. */
export interface CodeNaming {
  /** `order.ts order`; nothing for what the bundler made, and for functions of packages. */
  functionName(one: WalkedFunction): string | undefined;
  /** What never ran, in a line; nothing where there is nothing to say. */
  blockWords(range: CodeRange): string;
}

export function createCodeCoverage(naming: CodeNaming): CodeCoverage {
  const functions = new Map<string, Counted>();
  const steps = new Map<string, { readonly step: TakenStep; runs: number }>();
  const paths = new Set<string>();
  let recordings = 0;

  const countFunction = (one: WalkedFunction): void => {
    const key = `${one.start}-${one.end}`;
    const known = functions.get(key) ?? { name: one.name, range: one, runs: 0, never: undefined };
    functions.set(key, known);
    if (!one.isRun) return;
    known.runs += 1;
    known.never = known.never === undefined ? one.skipped : inBoth(known.never, one.skipped);
  };

  return {
    add(walked, taken) {
      recordings += 1;
      const own = walked.flatMap((one): WalkedFunction[] => {
        const name = naming.functionName(one);
        return name === undefined ? [] : [{ ...one, name }];
      });
      own.forEach(countFunction);
      const run = own.filter(({ isRun }) => isRun);
      const way = run.map(({ start, skipped }) => [start, ...skipped.map((block) => block.start)].join());
      paths.add(digestOfJson(way.sort()));
      for (const step of new Map(taken.map((one) => [`${one.kind} ${one.name}`, one])).values()) {
        const key = `${step.kind} ${step.name}`;
        steps.set(key, { step, runs: (steps.get(key)?.runs ?? 0) + 1 });
      }
    },
    finish: () => ({
      recordings,
      paths: paths.size,
      parts: [
        ...[...functions.values()].map((one) => functionPart(one, naming)),
        ...[...steps.values()].map(stepPart),
      ].sort((one, other) => byText(one.part, other.part) || byText(one.name, other.name)),
      changes: [],
      compareRules: [],
    }),
  };
}

function stepPart({ step, runs }: { readonly step: TakenStep; readonly runs: number }): CoveredPart {
  return { part: 'step', kind: step.kind, name: step.name, runs, branches: [] };
}

function functionPart({ name, runs, never = [] }: Counted, naming: CodeNaming): CoveredPart {
  const words = never.map((range) => naming.blockWords(range)).filter((text) => /\w/.test(text));
  return { part: 'function', name, runs, branches: [...new Set(words)].map((branch) => ({ branch, runs: 0 })) };
}

/** The names of a bundle of Temporal's bundler. */
export function namedByModules(code: string, modules: readonly CoveredModule[]): CodeNaming {
  return {
    functionName: (one) => nameOf(one, code, modules),
    blockWords: (range) => wordsOf(range, code),
  };
}

function nameOf(
  { name, start, end }: WalkedFunction,
  code: string,
  modules: readonly CoveredModule[],
): string | undefined {
  const module = modules.find((one) => one.start <= start && end <= one.end);
  // The function that is the module itself has all the rest in it.
  if (module === undefined || module.start === start || end === module.end) return undefined;
  const text = code.slice(start, end);
  if (/^\(\) => \(\/\* (?:binding|reexport)/.test(text)) return undefined;
  const own = name.replace(/^(?:module\.)?exports\./, '');
  return `${module.name} ${own === '' ? clipped(text) : own}`;
}

const LENGTH = 48;

/** The first words of a piece of code, in one line. */
export function clipped(text: string): string {
  const plain = text.replaceAll(/\s+/g, ' ').trim();
  return plain.length <= LENGTH ? plain : `${plain.slice(0, LENGTH - 1)}…`;
}

/** What was never run, as far as its first line: of a block the condition above it, of punctuation the line that it is in. */
function wordsOf({ start, end }: CodeRange, code: string): string {
  const inside = code.slice(start, end);
  const isBlock = /^\s*\{/.test(inside);
  const [first = ''] = inside.replace(/^\s*(?:\?\?|\|\||&&|[?:])?\s*/, '').split('\n');
  return clipped(isBlock || !/\w/.test(first) ? lineOf(start, code) : first);
}

function lineOf(at: number, code: string): string {
  const stop = code.indexOf('\n', at);
  return code.slice(code.lastIndexOf('\n', at) + 1, stop < 0 ? code.length : stop);
}

/** What is in a range of either list. */
function inBoth(ours: readonly CodeRange[], theirs: readonly CodeRange[]): CodeRange[] {
  return ours.flatMap((one) =>
    theirs.flatMap((other) => {
      const [start, end] = [Math.max(one.start, other.start), Math.min(one.end, other.end)];
      return start < end ? [{ start, end }] : [];
    }),
  );
}

/** What changed between two artifacts, component by component. */
import { type Json, type JsonObject, jsonEquals } from '../shared/json.ts';
import type { Artifact } from './artifact.ts';
import { codeShape } from './code-shape.ts';
import type { ComponentChange } from './component-change.ts';
import { definitionJson } from './definition-json.ts';

const GROUPS = [
  ['prompts', 'prompt'],
  ['models', 'model'],
  ['rules', 'rule'],
  ['tools', 'tool'],
  ['decisions', 'decision'],
] as const;

/**
 * Compares two versions: entries of the definition by name, then the author's files by what they do (`code-shape.ts`).
 * A file that differs in comments, formatting, types or definition data alone is not listed.
 *
 * @returns changes in the order prompts, models, rules, tools, decisions, input, output, code; by name within each.
 */
export async function diffArtifacts(baseline: Artifact, candidate: Artifact): Promise<ComponentChange[]> {
  return [
    ...diffDefinitions(definitionJson(baseline.definition), definitionJson(candidate.definition)),
    ...(await diffSources(sidesOf(baseline), sidesOf(candidate))),
  ];
}

/** The part of {@link diffArtifacts} that compares definitions. */
function diffDefinitions(baseline: JsonObject, candidate: JsonObject): ComponentChange[] {
  const entries = GROUPS.flatMap(([group, component]) =>
    diffGroup(component, asObject(baseline[group]), asObject(candidate[group])),
  );
  const schemas = (['input', 'output'] as const).flatMap((side) => changeOf(side, '', baseline[side], candidate[side]));
  return [...entries, ...schemas];
}

function diffGroup(component: ComponentChange['component'], baseline: JsonObject, candidate: JsonObject) {
  const names = [...new Set([...Object.keys(baseline), ...Object.keys(candidate)])].sort();
  return names.flatMap((name) => changeOf(component, name, own(baseline, name), own(candidate, name)));
}

function changeOf(
  component: ComponentChange['component'],
  name: string,
  baseline: Json | undefined,
  candidate: Json | undefined,
): ComponentChange[] {
  if (jsonEquals(baseline, candidate)) return [];
  if (baseline === undefined && candidate !== undefined) return [{ component, name, change: 'added', candidate }];
  if (candidate === undefined && baseline !== undefined) return [{ component, name, change: 'removed', baseline }];
  if (baseline === undefined || candidate === undefined) return [];
  return [{ component, name, change: 'changed', baseline, candidate }];
}

/** What a version's files are compared by. */
interface SourceSide {
  readonly files: Readonly<Record<string, string>>;
  readonly prompts: ReadonlySet<string>;
}

function sidesOf({ sources, definition }: Artifact): SourceSide {
  const texts = Object.values(definition.prompts).flatMap(({ text, system }) => [text, system ?? '']);
  return { files: sources, prompts: new Set(texts.filter((text) => text !== '')) };
}

async function diffSources(baseline: SourceSide, candidate: SourceSide): Promise<ComponentChange[]> {
  const paths = [...new Set([...Object.keys(baseline.files), ...Object.keys(candidate.files)])].sort();
  const changes = await Promise.all(
    paths.map(async (path) => {
      const same = await sameShape(path, baseline, candidate);
      return same ? [] : changeOf('code', path, own(baseline.files, path), own(candidate.files, path));
    }),
  );
  return changes.flat();
}

async function sameShape(path: string, baseline: SourceSide, candidate: SourceSide): Promise<boolean> {
  const [before, after] = [own(baseline.files, path), own(candidate.files, path)];
  if (before === undefined || after === undefined) return false;
  if (before === after) return true;
  return (await codeShape(path, before, baseline.prompts)) === (await codeShape(path, after, candidate.prompts));
}

/** Names come from authors: `constructor` is one like any other. */
function own<Value>(record: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

function asObject(value: Json | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

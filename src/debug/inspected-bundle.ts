/**
 * Workflow code as a debugger wants it: under a file name in the project, with a source map that leads to the author's files.
 *
 * 1. The author's text stands far down in the linked bundle. Its map is moved there by as many empty lines, and the part of
 *    the SDK is left unmapped: debuggers step over it.
 * 2. A source that has changed since the version was published is debugged in the version's own text, written beside the
 *    bundle; breakpoints in the newer file would be in the wrong lines.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parse } from 'acorn';
import type { Artifact } from '../artifact/artifact.ts';
import type { SandboxBundle } from '../replay/sandbox.ts';
import type { Program } from './program.ts';

export interface InspectedBundle extends SandboxBundle {
  readonly inspected: { readonly filename: string; readonly sourceMapUrl: string };
  /** Where the workflow's own code begins, in the bundle, from 0; `undefined` when it was not found. */
  readonly start: { readonly line: number; readonly column: number } | undefined;
  /** Sources whose text in the project is another one, with the copies that breakpoints go into. */
  readonly copies: ReadonlyMap<string, string>;
}

interface SourceMapText {
  readonly version: number;
  readonly sources: readonly string[];
  readonly sourcesContent?: readonly (string | null)[];
  readonly mappings: string;
  readonly names?: readonly string[];
}

interface MapSection {
  readonly offset: { readonly line: number };
}

/** @param folder for the bundle and copies of sources: `.mission/debug` in the project */
export async function inspectedBundle(program: Program, root: string, folder: string): Promise<InspectedBundle> {
  const place = join(folder, program.name.replaceAll(/[^\w@.-]+/g, '-'));
  const filename = `${place}.js`;
  const { artifact } = program;
  const made = artifact === undefined ? plain(program.bundle.code) : await ofArtifact(program, artifact, root, place);
  const text = JSON.stringify({ ...made.map, file: filename });
  const sourceMapUrl = `data:application/json;charset=utf-8;base64,${Buffer.from(text).toString('base64')}`;
  await write(filename, program.bundle.code);
  const { copies, start } = made;
  return { code: program.bundle.code, inspected: { filename, sourceMapUrl }, start, copies };
}

interface Made extends Pick<InspectedBundle, 'start' | 'copies'> {
  readonly map: SourceMapText;
}

/** The map that stands at the end of a bundle: of an artifact an index map, whose last section is the author's. */
function mapIn(code: string): SourceMapText & { readonly sections?: readonly MapSection[] } {
  const at = code.lastIndexOf('//# sourceMappingURL=data:');
  const base64 = at < 0 ? '' : code.slice(code.indexOf('base64,', at) + 'base64,'.length);
  return JSON.parse(Buffer.from(base64, 'base64').toString() || '{"version":3,"sources":[],"mappings":""}');
}

/** Temporal's bundler writes absolute paths. */
function plain(code: string): Made {
  const map = mapIn(code);
  const sources = map.sources.map((source) => (source.startsWith('/') ? String(pathToFileURL(source)) : source));
  return { map: { ...map, sources }, start: undefined, copies: new Map() };
}

async function ofArtifact({ bundle }: Program, artifact: Artifact, root: string, place: string): Promise<Made> {
  const text = artifact.code.workflow.trimEnd();
  const line = mapIn(bundle.code).sections?.at(-1)?.offset.line ?? 0;
  const map = JSON.parse(artifact.sourceMaps.workflow) as SourceMapText;
  const copies = new Map<string, string>();
  const sources: string[] = [];
  for (const source of map.sources) sources.push(await placeOf(source));
  const start = startOf(text);
  return {
    map: { ...map, sources, mappings: `${';'.repeat(line)}${map.mappings}` },
    start: start && { line: start.line + line, column: start.column },
    copies,
  };

  async function placeOf(source: string): Promise<string> {
    const published = artifact.sources[source];
    const file = join(root, source);
    if (published === undefined || (await readFile(file, 'utf8').catch(() => undefined)) === published) {
      return source.startsWith('mission-runtime/') ? source : String(pathToFileURL(file));
    }
    const copy = join(place, source);
    await write(copy, published);
    copies.set(source, copy);
    return String(pathToFileURL(copy));
  }
}

async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

/** The first statement of the function that is given to `mission.workflow(…)`: the last such call of the text is the author's. */
function startOf(text: string): { readonly line: number; readonly column: number } | undefined {
  const program = parse(text, {
    ecmaVersion: 'latest',
    sourceType: 'script',
    locations: true,
    allowReturnOutsideFunction: true,
  });
  let found: { line: number; column: number } | undefined;
  visit(program, (node) => {
    const body = bodyOfWorkflow(node);
    if (body !== undefined) found = { line: body.line - 1, column: body.column };
  });
  return found;
}

interface Node {
  readonly type: string;
  readonly loc?: { readonly start: { readonly line: number; readonly column: number } };
  readonly [member: string]: unknown;
}

function bodyOfWorkflow(node: Node) {
  if (node.type !== 'CallExpression') return undefined;
  const callee = node['callee'] as Node;
  const [given] = node['arguments'] as readonly Node[];
  const isWorkflow = callee.type === 'MemberExpression' && (callee['property'] as Node)['name'] === 'workflow';
  if (!isWorkflow || given === undefined || !/Function/.test(given.type)) return undefined;
  const body = given['body'] as Node;
  const [first] = body.type === 'BlockStatement' ? (body['body'] as readonly Node[]) : [body];
  return first?.loc?.start;
}

function visit(node: unknown, see: (node: Node) => void): void {
  if (typeof node !== 'object' || node === null) return;
  if ('type' in node && typeof node.type === 'string') see(node as Node);
  for (const member of Object.values(node)) visit(member, see);
}

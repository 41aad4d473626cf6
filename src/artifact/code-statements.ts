/** A bundle as what stands at its top: which statement declares what, and from which file of the author it comes. */
import { SourceMap, type SourceMapPayload } from 'node:module';
import type * as acorn from 'acorn';
import { namesIn } from './module-outline.ts';
import { parseCode } from './parse-code.ts';

export interface CodeStatement {
  readonly node: acorn.AnyNode;
  /** What it declares at the top of the bundle; none for a statement that only does something. */
  readonly names: readonly string[];
  /**
   * `workflows/refund-eligibility/rules.ts`, `mission-runtime` for all of the kit, the name of a package for all of it, `''`
   * for what the bundler adds.
   */
  readonly file: string;
  /** The module that it imports, for `var import_workflow=require("@temporalio/workflow")`. */
  readonly imports?: string;
}

/** @throws SyntaxError when the text is no CommonJS module. */
export function readStatements(code: string, sourceMap: string): CodeStatement[] {
  const program = parseCode(code);
  const fileAt = fileFinder(code, sourceMap);
  return program.body.map((node) => {
    const imports = importedBy(node);
    return {
      node,
      names: declaredNames(node),
      file: fileAt(node.start),
      ...(imports !== undefined && { imports }),
    };
  });
}

/** The names that a statement declares in its scope. */
export function declaredNames(node: acorn.AnyNode): string[] {
  if (node.type === 'FunctionDeclaration' || node.type === 'ClassDeclaration') return node.id ? [node.id.name] : [];
  return node.type === 'VariableDeclaration' ? node.declarations.flatMap(({ id }) => namesIn(id)) : [];
}

function importedBy(node: acorn.AnyNode): string | undefined {
  if (node.type !== 'VariableDeclaration' || node.declarations.length !== 1) return undefined;
  const [{ id, init } = {}] = node.declarations;
  if (id?.type !== 'Identifier' || init?.type !== 'CallExpression' || init.callee.type !== 'Identifier')
    return undefined;
  const [module] = init.arguments;
  if (init.callee.name !== 'require' || module?.type !== 'Literal') return undefined;
  return typeof module.value === 'string' ? module.value : undefined;
}

function fileFinder(code: string, sourceMap: string): (at: number) => string {
  const map = new SourceMap(JSON.parse(sourceMap) as SourceMapPayload);
  const lines = [0];
  for (let at = code.indexOf('\n'); at >= 0; at = code.indexOf('\n', at + 1)) lines.push(at + 1);
  return (at) => {
    const line = lines.findLastIndex((start) => start <= at);
    const entry = map.findEntry(line, at - (lines[line] ?? 0));
    return 'originalSource' in entry && typeof entry.originalSource === 'string' ? ownerOf(entry.originalSource) : '';
  };
}

function ownerOf(source: string): string {
  if (source.startsWith('mission-runtime/')) return 'mission-runtime';
  const [, inPackages] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source) ?? [];
  return inPackages ?? source;
}

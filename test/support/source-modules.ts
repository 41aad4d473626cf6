/** Reads modules as the architecture test sees them: what each imports and re-exports, types included. */
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, posix, relative, sep } from 'node:path';
import { parseAst } from 'vitest/node';

export interface ModuleImport {
  /** As written, or the path from the repository's root when it is relative. */
  readonly to: string;
  /** Erased before the code runs. */
  readonly typeOnly: boolean;
}

export interface SourceModule {
  /** From the repository's root, with `/`: `src/gate/policy.ts`. */
  readonly path: string;
  readonly lines: number;
  readonly imports: readonly ModuleImport[];
  readonly exportsAll: boolean;
}

/** Every TypeScript module below the given folders, sorted by path. */
export async function readModules(root: string, folders: readonly string[]): Promise<SourceModule[]> {
  const modules: SourceModule[] = [];
  for (const folder of folders) {
    const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true });
    for (const entry of entries.filter((found) => found.isFile() && found.name.endsWith('.ts'))) {
      const file = join(entry.parentPath, entry.name);
      modules.push(parseModule(relative(root, file).split(sep).join('/'), await readFile(file, 'utf8')));
    }
  }
  return modules.sort((left, right) => (left.path < right.path ? -1 : 1));
}

/** Reads one module from its text. */
export function parseModule(path: string, text: string): SourceModule {
  const found: ModuleImport[] = [];
  const state = { exportsAll: false };
  visit(parseAst(text, { lang: 'ts' }), (node) => {
    if (node['type'] === 'ExportAllDeclaration' && node['exported'] === null) state.exportsAll = true;
    const specifier = specifierOf(node);
    if (specifier !== undefined) found.push({ to: resolveFrom(path, specifier), typeOnly: isTypeOnly(node) });
  });
  return { path, lines: text.split('\n').length - 1, imports: found, exportsAll: state.exportsAll };
}

type Node = Readonly<Record<string, unknown>>;

function visit(value: unknown, see: (node: Node) => void): void {
  if (Array.isArray(value)) for (const item of value) visit(item, see);
  else if (typeof value === 'object' && value !== null) {
    const node = value as Node;
    if (typeof node['type'] === 'string') see(node);
    for (const child of Object.values(node)) visit(child, see);
  }
}

/** Of `import … from`, `export … from`, `import()` and the type `import('…')`. */
function specifierOf(node: Node): string | undefined {
  const source = node['source'] ?? (node['type'] === 'TSImportType' ? node['argument'] : undefined);
  if (typeof source !== 'object' || source === null) return undefined;
  const literal = source as { value?: unknown; literal?: { value?: unknown } };
  const value = literal.value ?? literal.literal?.value;
  return typeof value === 'string' ? value : undefined;
}

function isTypeOnly(node: Node): boolean {
  return node['type'] === 'TSImportType' || node['importKind'] === 'type' || node['exportKind'] === 'type';
}

function resolveFrom(path: string, specifier: string): string {
  return specifier.startsWith('.') ? posix.join(dirname(path), specifier) : specifier;
}

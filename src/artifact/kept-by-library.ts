/**
 * What zod keeps in variables is handed over while it is loaded, as what the SDK keeps is (`kept-by-sdk.ts`): variables of its modules, and those that its
 * constructors make for each schema and each class. They are found in zod's own modules before they are bundled, for names are shortened then.
 */
import type { AnyNode, BlockStatement, CallExpression, FunctionDeclaration, Program, Statement } from 'acorn';
import { parse } from 'acorn';
import { type Addition, KEPT_GLOBAL, withAdditions } from './kept-by-sdk.ts';
import { namesIn, writtenIn } from './module-outline.ts';
import { KEPT_BY_LIBRARY } from './shared-by-runs.ts';

export const MODULES_OF_LIBRARY = /[\\/]zod[\\/]v4[\\/](?:core|classic|locales)[\\/][\w-]+\.js$/;

/** Zod in one of its modules: methods of what it makes are called, and it stays what it is. */
const ITSELF = 'z';

/** What makes the constructors. */
const MAKER = '$constructor';

/** Functions that make something of what they were given and of what they found out; it belongs to a class or a schema. */
const MAKERS: ReadonlySet<string> = new Set([MAKER, '_stringbool']);

/** @param code of one of zod's modules */
export function tellingWhatItKeeps(code: string): string {
  const program = parse(code, { ecmaVersion: 'latest', sourceType: 'module' });
  const { initializers, makers, others } = functionsIn(program);
  const written = writtenIn(program);
  const isChanged = (name: string) => name !== ITSELF && written.has(name);
  const { changing, settling, assigned } = KEPT_BY_LIBRARY;
  const additionsAt = (at: number, statements: readonly Statement[]) => {
    const names = namesDeclared(statements);
    const settled = names.filter((name) => !isChanged(name));
    return [
      additionFor(changing, names.filter(isChanged), at),
      additionFor(settling, settled, at),
      additionFor(assigned, namesDeclared(statements.filter(isVariable)).map(asPair), at),
    ];
  };
  const additions = [
    ...additionsAt(code.length, program.body.flatMap(declared)),
    // A class is completed when it makes its first schema, and its table is copied then, with the attributes of its members.
    ...makers.map(({ params, body }) =>
      additionFor(changing, [...params.flatMap(namesIn), ...namesDeclared(body.body)], endOf(body)),
    ),
    ...[...initializers, ...others].flatMap((block) => additionsAt(endOf(block), block.body)),
  ];
  return withAdditions(code, additions.flat());
}

function additionFor(by: string, names: readonly string[], at: number): Addition[] {
  return names.length === 0 ? [] : [{ at, text: `;${handingOver(names, by)};` }];
}

/** An expression that hands over these values, where somebody asks for them. */
export function handingOver(values: readonly string[], by: string): string {
  return `globalThis.${KEPT_GLOBAL}?.([${values.join()}],${JSON.stringify(by)})`;
}

function isVariable(statement: Statement): boolean {
  return statement.type === 'VariableDeclaration' && statement.kind !== 'const';
}

function asPair(name: string): string {
  return `[()=>${name},(given)=>{${name}=given}]`;
}

/** Before it returns something. */
function endOf({ body, end }: { readonly body: readonly Statement[]; readonly end: number }): number {
  const last = body.at(-1);
  return last?.type === 'ReturnStatement' ? last.start : end - 1;
}

function declared(statement: Program['body'][number]): Statement[] {
  switch (statement.type) {
    case 'ExportNamedDeclaration':
      return statement.declaration ? [statement.declaration] : [];
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
    case 'ExportDefaultDeclaration':
      return [];
    default:
      return [statement];
  }
}

export function namesDeclared(statements: readonly Statement[]): string[] {
  return statements.flatMap((statement) => {
    if (statement.type === 'VariableDeclaration') return statement.declarations.flatMap(({ id }) => namesIn(id));
    return statement.type === 'FunctionDeclaration' || statement.type === 'ClassDeclaration' ? [statement.id.name] : [];
  });
}

function isMade(init: AnyNode | null | undefined): init is CallExpression {
  if (init?.type !== 'CallExpression') return false;
  const { callee } = init;
  const name = callee.type === 'MemberExpression' ? callee.property : callee;
  return name.type === 'Identifier' && name.name === MAKER;
}

/** Functions of a module that keep something for others. */
function functionsIn({ body }: Program) {
  const statements = body.flatMap(declared);
  const values = statements
    .flatMap((statement) => (statement.type === 'VariableDeclaration' ? statement.declarations : []))
    .map(({ init }) => init);
  return {
    makers: statements.filter(
      (statement) => statement.type === 'FunctionDeclaration' && MAKERS.has(statement.id.name),
    ) as FunctionDeclaration[],
    /** Called for each schema: the second argument. */
    initializers: values.flatMap((init) => (isMade(init) ? init.arguments.slice(1, 2) : [])).flatMap(blockOf),
    others: values.flatMap(blockOf).filter(givesFunction),
  };
}

function blockOf(value: AnyNode | null | undefined): BlockStatement[] {
  return value?.type === 'ArrowFunctionExpression' && value.body.type === 'BlockStatement' ? [value.body] : [];
}

function givesFunction({ body }: BlockStatement): boolean {
  const last = body.at(-1);
  return last?.type === 'ReturnStatement' && last.argument?.type === 'ArrowFunctionExpression';
}

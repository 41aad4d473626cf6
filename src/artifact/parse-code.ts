import { type Program, parse } from 'acorn';

/** Code of a bundle: a script, a CommonJS module, or a part of one. @throws SyntaxError when it is none. */
export function parseCode(code: string): Program {
  return parse(code, { ecmaVersion: 'latest', sourceType: 'script', allowReturnOutsideFunction: true });
}

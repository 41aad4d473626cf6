/** Runs the text of one CommonJS module in this process and returns its exports. */
import vm from 'node:vm';

export interface ModuleSurroundings {
  /** Shown in stack traces. */
  readonly filename: string;
  readonly require: (specifier: string) => unknown;
  /** Free variables of the module's text, by name. */
  readonly variables?: Readonly<Record<string, unknown>>;
  /** The realm to run in; this process's own when absent. */
  readonly context?: vm.Context;
}

/** @throws whatever the module throws while it is evaluated. */
export function evaluateModule(code: string, surroundings: ModuleSurroundings): Record<string, unknown> {
  const { filename, require, variables = {}, context } = surroundings;
  const names = ['exports', 'require', 'module', ...Object.keys(variables)];
  const run = vm.compileFunction(code, names, {
    filename,
    ...(context === undefined ? {} : { parsingContext: context }),
  });
  const module = { exports: {} as Record<string, unknown> };
  run(module.exports, require, module, ...Object.values(variables));
  return module.exports;
}

import { isAbsolute, resolve } from 'node:path';
import { loadModule } from '../artifact/load-module.ts';
import type { WorkflowPlugin } from '../artifact/worker-plugins.ts';
import { MissionError } from '../shared/errors.ts';

/** Names under which a module may export its plugins, or one. */
const EXPORTS = ['plugins', 'plugin', 'default'];

/**
 * The worker plugins of a module: a list of them, or one.
 *
 * @throws MissionError `CONFIG_INVALID` when it exports none, and what {@link loadModule} throws.
 */
export async function loadPlugins(path: string, cwd: string): Promise<readonly WorkflowPlugin[]> {
  const file = isAbsolute(path) ? path : resolve(cwd, path);
  const exports = await loadModule(file, `the plugins ${path}`);
  const names = EXPORTS.filter((name) => name in exports);
  for (const name of names) {
    const found = pluginsIn(exports[name]);
    if (found !== undefined) return found;
  }
  throw new MissionError('CONFIG_INVALID', `${path} exports no worker plugin${whyNot(exports, names)}.`, {
    remedy: 'Export what your worker is given: export const plugins = [new OpenAIAgentsPlugin({ … })].',
    details: { file, exports: Object.keys(exports) },
  });
}

function whyNot(exports: Record<string, unknown>, names: readonly string[]): string {
  const [name] = names;
  if (name === undefined) return `: it has no ${EXPORTS.join(', ').replace(/, (\w+)$/, ' or $1')}`;
  const value = exports[name];
  if (typeof value === 'function') return `: its ${name} is a class or a function, not a plugin that was made`;
  return `: its ${name} has no configureBundler, configureReplayWorker or configureWorker`;
}

function pluginsIn(value: unknown): readonly WorkflowPlugin[] | undefined {
  if (Array.isArray(value)) return value.every(isPlugin) ? value : undefined;
  return isPlugin(value) ? [value] : undefined;
}

const HOOKS = ['configureBundler', 'configureReplayWorker', 'configureWorker'];

/** A plugin for clients alone has nothing to say here, and is none. */
function isPlugin(value: unknown): value is WorkflowPlugin {
  if (typeof value !== 'object' || value === null) return false;
  return HOOKS.some((name) => typeof (value as Record<string, unknown>)[name] === 'function');
}

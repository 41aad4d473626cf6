/** Which modules workflow code may import, and what to say of the rest. Pure. */
import { builtinModules } from 'node:module';

/** Linked when an artifact is loaded: the SDK by the running process, the library from the artifact. */
export const LINKED_MODULES = ['@temporalio/workflow', '@temporalio/common', 'zod'] as const;

/** Node modules of which the sandbox has the portable part, as Temporal's own bundler gives them. */
export const SANDBOX_MODULES: Readonly<Record<string, string>> = {
  assert: 'module.exports = globalThis.assert;',
  url: 'module.exports = { URL, URLSearchParams };',
  util: 'module.exports = { TextEncoder, TextDecoder };',
};

const NODE_ONLY = [
  '@temporalio/activity',
  '@temporalio/client',
  '@temporalio/worker',
  '@temporalio/testing',
  '@temporalio/core-bridge',
  'mission-runtime',
];

export interface Refusal {
  readonly reason: string;
  readonly remedy: string;
}

/** The name of a Node built-in without its `node:` prefix, or `undefined` when `specifier` is none. */
export function builtinName(specifier: string): string | undefined {
  const bare = specifier.replace(/^node:/, '');
  const isBuiltin = specifier.startsWith('node:') || builtinModules.includes(bare);
  return isBuiltin ? bare : undefined;
}

/** Why workflow code may not import `specifier`, or `undefined` when it may. */
export function refuseInWorkflow(specifier: string): Refusal | undefined {
  const builtin = builtinName(specifier);
  if (builtin !== undefined && !(builtin in SANDBOX_MODULES)) {
    return {
      reason: `${specifier} is part of Node and does not exist where workflow code runs`,
      remedy:
        'Move what needs it into a tool in activities/, or use `import type` when only types are needed. ' +
        'In workflow code time, randomness and ids come from @temporalio/workflow (sleep, uuid4) and from Date and Math.random, which are replaced.',
    };
  }
  if (isNodeOnly(specifier)) {
    return {
      reason: `${specifier} is for Node and does not exist where workflow code runs`,
      remedy: 'Import mission-runtime/mission and @temporalio/workflow here; everything else belongs in activities/.',
    };
  }
  const deep = /^(@temporalio\/(?:workflow|common))\/.+/.exec(specifier);
  if (deep === null) return undefined;
  return {
    reason: `${specifier} reaches into the SDK, which is linked when the artifact is loaded and may be another release then`,
    remedy: `Import from ${deep[1]}.`,
  };
}

function isNodeOnly(specifier: string): boolean {
  if (specifier === 'mission-runtime/mission') return false;
  return NODE_ONLY.some((name) => specifier === name || specifier.startsWith(`${name}/`));
}

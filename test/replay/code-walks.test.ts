/** A candidate that takes its thread down while code is counted ends the counting, and nothing else. */
import { expect, it } from 'vitest';
import { answerPolicy, replayLimits } from '../../src/replay/answer-policy.ts';
import { codeWalks } from '../../src/replay/code-walks.ts';
import type { CoverageTask } from '../../src/replay/coverage-protocol.ts';

const task = { summary: { id: 'one' }, content: new Uint8Array() } as unknown as CoverageTask;

it.each([
  ['eats all memory', 'const all = []; for (;;) all.push(new Array(1e6).fill({}));'],
  ['hangs', 'for (;;);'],
])('a bundle that %s gives no walk', async (_, code) => {
  const limits = replayLimits.parse({ memoryMb: 256, perRecordingMs: 1_000 });
  // By this name the SDK knows a bundle as one of its bundler.
  const bundle = `globalThis.__webpack_module_cache__;\n${code}`;
  const options = { code: bundle, definition: undefined, modules: [], answers: answerPolicy.parse({}), limits };
  const walks = [];
  const impatient = AbortSignal.timeout(5_000);
  let given = 0;
  const tasks = function* () {
    for (; given < 2; given += 1) yield task;
  };
  for await (const walk of codeWalks(options, tasks(), impatient)) walks.push(walk);
  expect({ walks, given }).toEqual({ walks: [], given: 0 });
});

/**
 * Takes from a context what would give code a turn of its own, after its run has left: promises that the host settles, at a time that no replay repeats.
 * Workflow code cannot wait for them in Temporal either.
 */
import vm from 'node:vm';

const REMOVE = new vm.Script(`(() => {
  delete Atomics.waitAsync;
  if (typeof WebAssembly !== 'object') return;
  for (const name of ['compile', 'instantiate', 'compileStreaming', 'instantiateStreaming']) delete WebAssembly[name];
})()`);

/** For a context in which nothing has run yet. */
export function removeOwnTurns(context: vm.Context): void {
  REMOVE.runInContext(context);
}

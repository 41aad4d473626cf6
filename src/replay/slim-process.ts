/**
 * The `process` of a process that is locked down. The real one holds the channel, everybody's messages and all listeners, and Node
 * needs it whole; so it is taken from the globals, and what is found there has what the SDK reads while it works, and nothing that acts.
 */

/** Irrevocable. What is to listen to the real one does so before. */
export function slimProcess(): void {
  const real = process;
  const { pid, platform, arch, version, versions } = real;
  const cwd = real.cwd();
  const on = real.on.bind(real);
  let isHandled = false;
  const slim = {
    pid,
    platform,
    arch,
    version,
    versions,
    env: {},
    argv: [],
    cwd: () => cwd,
    /** The SDK's handler, which it sets before it loads a first bundle. */
    on: (event: string, listener: NodeJS.UnhandledRejectionListener) => {
      if (event === 'unhandledRejection' && !isHandled) on(event, listener);
      isHandled ||= event === 'unhandledRejection';
    },
  };
  for (const member of Object.values(slim)) Object.freeze(member);
  Object.defineProperty(globalThis, 'process', { value: Object.freeze(slim), writable: false, configurable: false });
}

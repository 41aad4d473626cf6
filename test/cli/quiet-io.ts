/** A terminal of 80 columns without colours, on which nothing is written. */
export const QUIET_IO = {
  stdout: () => undefined,
  stderr: () => undefined,
  stdin: async () => '',
  isInteractive: false,
  colours: false,
  columns: 80,
  env: {},
  cwd: '/',
  signal: new AbortController().signal,
};

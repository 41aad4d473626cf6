/** What a command line is given by whoever runs it: a terminal, a test, or a process that runs it for another one. */
export interface CliIo {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** All of the standard input, as text. */
  readonly stdin: () => Promise<string>;
  /** Whether a person watches standard error, so that a line may be drawn over. */
  readonly isInteractive: boolean;
  /** A line that a person types after a prompt; `undefined` when they have enough. Absent where nobody can type. */
  readonly ask?: ((prompt: string) => Promise<string | undefined>) | undefined;
  readonly colours: boolean;
  /** Width of the terminal; 0 when unknown. */
  readonly columns: number;
  readonly env: NodeJS.ProcessEnv;
  /** Relative paths of the command line are relative to this. */
  readonly cwd: string;
  /** The first interrupt. */
  readonly signal: AbortSignal;
}

/** What commands end with; see docs/cli.md. */
export const EXIT = { ok: 0, refused: 1, usage: 2, inconclusive: 3, error: 4, interrupted: 130 } as const;

/** Whether colours are wanted (no-color.org; FORCE_COLOR as other tools take it). */
export function wantsColours(env: NodeJS.ProcessEnv, isTty: boolean): boolean {
  if (env['NO_COLOR']) return false;
  if (env['FORCE_COLOR']) return env['FORCE_COLOR'] !== '0';
  return isTty && env['TERM'] !== 'dumb';
}

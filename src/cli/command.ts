/** How a command is declared, and what happens around every one of them. */
import { type Command, Option } from 'commander';
import type { Registry } from '../registry/registry.ts';
import { isMissionError } from '../shared/errors.ts';
import { CliContext } from './context.ts';
import { reportFailure } from './failure.ts';
import type { CliIo } from './io.ts';
import { createOutput, type Output } from './output.ts';

/** What runs the command line. */
export interface CliHost {
  readonly io: CliIo;
  readonly argv: readonly string[];
  /** A registry that is open already, when this runs for another process. */
  readonly shared?: Registry | undefined;
  readonly exit: (code: number) => void;
}

/** What a command is given. */
export interface Call<Options> {
  readonly io: CliIo;
  readonly context: CliContext;
  readonly output: Output;
  readonly options: Options;
  /** In the order of the declaration; those that were left out are undefined. */
  readonly args: readonly (string | undefined)[];
}

export interface CommandSpec<Options> {
  /** `activate <ref>` */
  readonly usage: string;
  readonly summary: string;
  readonly options?: readonly Option[];
  /** Command lines with what they do. */
  readonly examples?: readonly (readonly [line: string, meaning: string])[];
  /** Hosts something until it is stopped: it cannot be run by another process. */
  readonly isHost?: boolean;
  /** Returns the exit code. Whatever is heavy is imported here and not before. */
  readonly run: (call: Call<Options>) => Promise<number>;
}

interface CommonOptions {
  readonly json?: boolean;
  readonly project?: string;
  readonly color: boolean;
}

/** Adds a command. Its errors end here: as text or JSON, and as an exit code. */
export function addCommand<Options>(parent: Command, host: CliHost, spec: CommandSpec<Options>): void {
  const command = parent.command(spec.usage).description(spec.summary);
  for (const option of spec.options ?? []) command.addOption(option);
  command
    .option('--json', 'the result as JSON on standard output')
    .option('-C, --project <folder>', 'the project (default: found from the current folder upwards)')
    .option('--no-color', 'no colours (NO_COLOR does the same)')
    .addHelpText('after', examplesOf(spec))
    .action(async () => host.exit(await runCommand(host, spec, command)));
}

async function runCommand<Options>(host: CliHost, spec: CommandSpec<Options>, command: Command): Promise<number> {
  const common = command.opts<CommonOptions>();
  const io = common.color ? host.io : { ...host.io, colours: false };
  const output = createOutput(io, common.json === true);
  const context = new CliContext({ io, output, project: common.project, shared: host.shared });
  try {
    const args = command.processedArgs as (string | undefined)[];
    return await spec.run({ io, context, output, options: command.opts() as Options, args });
  } catch (error) {
    const done = await runElsewhere(error, host, spec, context);
    return done ?? reportFailure(error, io, output);
  } finally {
    await context.close();
  }
}

/** The process that has the embedded registry open may run commands for others. */
async function runElsewhere<Options>(
  error: unknown,
  host: CliHost,
  spec: CommandSpec<Options>,
  context: CliContext,
): Promise<number | undefined> {
  if (spec.isHost === true || host.shared !== undefined || !isMissionError(error, 'REGISTRY_LOCKED')) return undefined;
  const { forwardCommand } = await import('./forward-command.ts');
  return forwardCommand(context.inside(), host.argv, host.io);
}

function examplesOf<Options>({ examples = [] }: CommandSpec<Options>): string {
  if (examples.length === 0) return '';
  const width = Math.max(...examples.map(([line]) => line.length));
  return `\nExamples:\n${examples.map(([line, meaning]) => `  ${line.padEnd(width)}  ${meaning}`).join('\n')}\n`;
}

/** An option, with a function that reads its text. */
export function option(flags: string, description: string, read?: (text: string) => unknown): Option {
  const made = new Option(flags, description);
  return read === undefined ? made : made.argParser(read);
}

/** An option that may be given several times, and several values at once with commas. */
export function listOption(flags: string, description: string): Option {
  return new Option(flags, description).argParser((text: string, before: string[] | undefined) => [
    ...(before ?? []),
    ...text.split(',').filter((part) => part !== ''),
  ]);
}

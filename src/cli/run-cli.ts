/** The command line as a function: arguments in, text and an exit code out. */
import { type Argument, Command, CommanderError } from 'commander';
import { ownPackageVersion } from '../artifact/kit-location.ts';
import type { Registry } from '../registry/registry.ts';
import { MissionError } from '../shared/errors.ts';
import type { CliHost } from './command.ts';
import { COMMANDS } from './commands.ts';
import { reportFailure } from './failure.ts';
import { type CliIo, EXIT } from './io.ts';
import { createOutput } from './output.ts';

/**
 * Runs one command line.
 *
 * @param argv - without the program itself: `['publish', '--json']`
 * @param shared - a registry that is open already, to be used and left open
 * @returns the exit code: 0 done or passed, 1 gate failed or refused, 2 usage, 3 inconclusive, 4 error, 130 interrupted
 */
export async function runCli(argv: readonly string[], io: CliIo, shared?: Registry): Promise<number> {
  let code: number = EXIT.ok;
  const exit = (given: number) => {
    code = given;
  };
  const { program, complaint } = createProgram({ io, argv, shared, exit });
  try {
    await program.parseAsync(askedTwice(argv) ? ['help'] : [...argv], { from: 'user' });
    return code;
  } catch (error) {
    const json = argv.includes('--json');
    if (!(error instanceof CommanderError)) return reportFailure(error, io, createOutput(io, json));
    if (error.exitCode === 0) return EXIT.ok;
    if (!json) return EXIT.usage;
    return reportFailure(usageError(complaint() || error.message), io, createOutput(io, true));
  }
}

/** `help --help`: with options that belong to their command, the second would be read as the command's name. */
function askedTwice([command, option]: readonly string[]): boolean {
  return command === 'help' && (option === '--help' || option === '-h');
}

function usageError(message: string): MissionError {
  return new MissionError('USAGE', message, { remedy: 'mission help <command> tells what a command takes.' });
}

function argumentTerm(argument: Argument): string {
  return argument.required ? `<${argument.name()}>` : `[${argument.name()}]`;
}

/** The commands, and what commander complained about: its message is told as JSON when JSON was asked for. */
function createProgram(host: CliHost): { readonly program: Command; readonly complaint: () => string } {
  const { io, argv } = host;
  let said = '';
  const program = new Command('mission')
    .description('Release discipline for AI missions on Temporal.')
    .version(ownPackageVersion('mission-runtime'), '-v, --version', 'the version of mission-runtime')
    .exitOverride()
    // Its --version is not that of `runs` and `worker`.
    .enablePositionalOptions()
    .configureOutput({
      writeOut: (text) => io.stdout(text),
      writeErr: (text) => {
        said += text;
        if (!argv.includes('--json')) io.stderr(text);
      },
      getOutHelpWidth: () => io.columns || 100,
      getErrHelpWidth: () => io.columns || 100,
    })
    .showHelpAfterError('(add --help for what this command takes)')
    .configureHelp({
      subcommandTerm: (command) => [command.name(), ...command.registeredArguments.map(argumentTerm)].join(' '),
    })
    .addHelpCommand(
      new Command('help').argument('[command]').description('what a command does and takes').helpGroup('Set up:'),
    );
  for (const { title, add } of COMMANDS) {
    program.commandsGroup(title);
    for (const one of add) one(program, host);
  }
  program.addHelpText(
    'after',
    '\nWhere one mission is meant anyway, its name may be left out, and @3 is enough for a version.\n',
  );
  if (argv.length === 0) program.action(() => program.outputHelp());
  return {
    program,
    complaint: () =>
      said
        .replace(/^error: /, '')
        .split('\n(add --help')[0]
        ?.trim() ?? '',
  };
}

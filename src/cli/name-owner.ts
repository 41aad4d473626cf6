/** Who holds the embedded registry, in words that help to find it: the command besides the process id. */
import { MissionError } from '../shared/errors.ts';
import { runCommand } from '../temporal/run-command.ts';

const TIMEOUT_MS = 2_000;

/** The same error, with the command line of the process that is in the way. */
export async function nameOwner(error: MissionError): Promise<MissionError> {
  const { pid } = error.details;
  if (typeof pid !== 'number') return error;
  const { ok, stdout } = await runCommand('ps', ['-o', 'args=', '-p', String(pid)], { timeoutMs: TIMEOUT_MS });
  const command = ok ? missionCommand(stdout.trim()) : '';
  if (command === '') return error;
  return new MissionError('REGISTRY_LOCKED', `${error.message} That process is: ${command}`, {
    ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
    details: { ...error.details, command },
    cause: error,
  });
}

/** `node …/dist/cli/main.js dev` → `mission dev`. */
function missionCommand(args: string): string {
  return args.replace(/^\S*node\S* (?:--\S+ )*\S*(?:cli\/main\.js|bin\/mission)/, 'mission');
}

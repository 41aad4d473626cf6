/** What recording needs besides the servers. */
import { loadRedactionKey } from '../recording/redaction-key.ts';
import type { CliContext } from './context.ts';

/** The secret that replacements are derived from: `MISSION_REDACTION_KEY`, or the project's own file. */
export function redactionKeyOf(context: CliContext, env: NodeJS.ProcessEnv): Promise<Uint8Array> {
  return loadRedactionKey(context.inside('redaction.key'), env['MISSION_REDACTION_KEY']);
}

/** What recording needs besides the servers. */
import { SEARCH_ATTRIBUTES } from '../mission/wire.ts';
import { loadRedactionKey } from '../recording/redaction-key.ts';
import type { CliContext } from './context.ts';

/** The secret that replacements are derived from: `MISSION_REDACTION_KEY`, or the project's own file. */
export function redactionKeyOf(context: CliContext, env: NodeJS.ProcessEnv): Promise<Uint8Array> {
  return loadRedactionKey(context.inside('redaction.key'), env['MISSION_REDACTION_KEY']);
}

/**
 * The visibility query for the runs of these missions. A server may have missions of other registries, which cannot be
 * recorded here: what has to be redacted in them is not known. Children are part of the run that started them.
 */
export function runsOf(missions: readonly string[]): string {
  const names = missions.length === 0 ? ['-'] : missions;
  return `${SEARCH_ATTRIBUTES.mission} IN (${names.map((name) => `'${name}'`).join(', ')}) AND ParentWorkflowId IS NULL`;
}

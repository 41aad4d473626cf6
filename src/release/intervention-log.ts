/** What was done to open runs, as the log of a mission tells it: a line for each command, however many runs it was for. */
import type { AuditEntry } from '../registry/audit-chain.ts';
import type { Intervention } from '../registry/interventions.ts';
import type { LogEntry } from './mission-log.ts';

export function interventionEntries(
  interventions: readonly Intervention[],
  audit: ReadonlyMap<string, AuditEntry>,
): LogEntry[] {
  const actions = new Map<string, Intervention[]>();
  for (const one of interventions) {
    // One command may do several things: find some runs moved already, and move the others.
    const key = `${one.action} ${one.kind} ${one.from} ${one.to} ${one.ground}`;
    actions.set(key, [...(actions.get(key) ?? []), one]);
  }
  return [...actions.values()].flatMap((runs) => {
    const [first] = runs;
    return first === undefined ? [] : [entryOf(first, runs.length, audit)];
  });
}

function entryOf(first: Intervention, runs: number, audit: ReadonlyMap<string, AuditEntry>): LogEntry {
  const entry = audit.get(`${first.workflowId}/${first.runId}`);
  // The trail of a run ends with what was done to it last, which may be something else.
  const isOwn = (entry?.details as { readonly action?: unknown } | undefined)?.action === first.action;
  return {
    at: first.createdAt,
    kind: first.kind === 'move' ? 'moved' : 'stopped',
    by: first.by,
    text: `${runs} ${runs === 1 ? 'run' : 'runs'} ${wordsOf(first)}`,
    ...(first.reason !== '' && { reason: first.reason }),
    ...(entry !== undefined && isOwn && { audit: { seq: entry.seq, hash: entry.hash } }),
  };
}

function wordsOf({ kind, from, to, ground }: Intervention): string {
  const origin = from === null ? '' : ` ${kind === 'move' ? 'from' : 'of'} @${from}`;
  if (kind === 'cancel') return `${origin.trimStart()} asked to end`.trim();
  if (kind === 'terminate') return `${origin.trimStart()} terminated`.trim();
  const how = { replayed: '', 'same-artifact': '', forced: ', without a check', found: ', found moved' }[
    ground ?? 'replayed'
  ];
  return `moved${origin} to @${to}${how}`;
}

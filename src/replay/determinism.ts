import type { Determinism } from '../compare/outcome.ts';
import { checkNothing } from './command-check.ts';
import { runInLockstep } from './lockstep-run.ts';
import type { History } from './proto.ts';
import type { RunFacts, Sandbox } from './sandbox.ts';

/**
 * Whether the candidate can be given the recorded history at all, by Temporal's own standard: kinds, ids and types of
 * commands, no payloads. This is what the official replayer answers, and the two must agree.
 */
export async function judgeDeterminism(
  sandbox: Sandbox,
  histories: readonly History[],
  facts: RunFacts,
  identities: readonly { readonly workflowId: string; readonly runId: string }[],
): Promise<Determinism> {
  for (const [index, history] of histories.entries()) {
    const identity = identities[index] ?? { workflowId: '', runId: '' };
    const { end, run } = await runInLockstep(history, { sandbox, facts, identity, check: checkNothing, strict: false });
    await run?.dispose();
    if (end.kind === 'mismatch') return { deterministic: false, reason: end.mismatch.message };
    if (end.kind === 'failed') return { deterministic: false, reason: end.message };
  }
  return { deterministic: true };
}

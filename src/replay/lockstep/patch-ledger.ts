/**
 * Patch markers while a history is replayed. A patch command is lenient: it may stand without a marker (the history is
 * older than the patch), and a deprecated marker may stand without a command (the code is newer than the patch).
 * Source: the table at the head of sdk-core's `patch_state_machine.rs`.
 */
import { type Command, EventType, type HistoryEvent } from '../proto.ts';
import { patchMarkerOf, typeOf } from './event-facts.ts';
import type { QueuedCommand } from './machines.ts';

const CHANGE_VERSION = 'TemporalChangeVersion';

export type PatchHandling = 'normal' | 'skip-command' | 'skip-event' | 'skip-event-and-next' | 'nondeterministic';

export class PatchLedger {
  readonly #issued = new Set<string>();

  /** Whether a patch command is the first of its patch, and so waits for a marker. */
  isFirst(command: Command): boolean {
    const patchId = command.setPatchMarker?.patchId ?? '';
    if (this.#issued.has(patchId)) return false;
    this.#issued.add(patchId);
    return true;
  }
}

/** What to do when a recorded command event meets the command at the head of the queue. */
export function handlePatch(
  event: HistoryEvent,
  head: QueuedCommand | undefined,
  next: HistoryEvent | undefined,
): PatchHandling {
  const patch = head?.command?.setPatchMarker;
  const marker = patchMarkerOf(event);
  if (marker === undefined) return patch ? 'skip-command' : 'normal';
  if (patch) return patch.patchId !== marker.patchId && marker.deprecated ? skipEvent(next) : 'normal';
  return marker.deprecated ? skipEvent(next) : 'nondeterministic';
}

function skipEvent(next: HistoryEvent | undefined): PatchHandling {
  return isChangeVersionUpsert(next) ? 'skip-event-and-next' : 'skip-event';
}

/** The search attribute that core writes along with a marker. */
export function isChangeVersionUpsert(event: HistoryEvent | undefined): boolean {
  if (event === undefined || typeOf(event) !== EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES) return false;
  const fields = event.upsertWorkflowSearchAttributesEventAttributes?.searchAttributes?.indexedFields;
  return fields !== null && fields !== undefined && CHANGE_VERSION in fields;
}

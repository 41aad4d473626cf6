/**
 * The commands that a workflow issued and that its history has not shown yet. History and workflow agree on their order, so
 * an event is compared with the first one.
 */
import type { HistoryEvent } from '../proto.ts';
import { eventName, idOf, patchMarkerOf, typeOf } from './event-facts.ts';
import type { MachineShop } from './machine-shop.ts';
import type { QueuedCommand } from './machines.ts';
import { Mismatch } from './mismatch.ts';
import { handlePatch, isChangeVersionUpsert } from './patch-ledger.ts';

/** Compares a matched command with its event beyond kind, type and id. @throws Mismatch `different` */
export type CommandCheck = (queued: QueuedCommand, event: HistoryEvent) => void;

export class CommandQueue {
  readonly waiting: QueuedCommand[] = [];
  readonly #shop: MachineShop;
  readonly #check: CommandCheck;

  constructor(shop: MachineShop, check: CommandCheck) {
    this.#shop = shop;
    this.#check = check;
  }

  add(commands: readonly QueuedCommand[]): void {
    this.waiting.push(...commands);
  }

  /** What was cancelled in the task that issued it leaves no event. */
  dropCancelled(): void {
    if (!this.waiting.some(({ machine }) => machine.cancelledBeforeSent)) return;
    const kept = this.waiting.filter(({ machine }) => !machine.cancelledBeforeSent);
    this.waiting.splice(0, this.waiting.length, ...kept);
  }

  /** @throws Mismatch `extra` when a command is left that the history has no place for. */
  expectNoMore(event: HistoryEvent | undefined): void {
    const extra = this.waiting.find((queued) => !queued.command?.setPatchMarker);
    if (extra === undefined) return;
    throw new Mismatch('extra', 'a command was issued that the history does not have here', extra.command, event);
  }

  /**
   * Takes the event that a command left.
   *
   * @param next the event after it, which may belong to it
   * @returns how many events were taken
   * @throws Mismatch
   */
  confirm(event: HistoryEvent, next: HistoryEvent | undefined): number {
    for (;;) {
      const head = this.waiting[0];
      switch (handlePatch(event, head, next)) {
        case 'skip-event':
          return 1;
        case 'skip-event-and-next':
          return 2;
        case 'nondeterministic':
          throw patchNotAskedFor(event);
        case 'normal':
          return this.#match(head, event, next);
        default:
          this.waiting.shift();
      }
    }
  }

  #match(head: QueuedCommand | undefined, event: HistoryEvent, next: HistoryEvent | undefined): number {
    if (head === undefined) {
      const reason = `${eventName(event)} was recorded, and no command was issued for it`;
      throw new Mismatch('missing', reason, undefined, event);
    }
    if (head.eventType !== typeOf(event)) {
      const reason = `another command stands where ${eventName(event)} was recorded`;
      throw new Mismatch('replaced', reason, head.command, event);
    }
    matchPatch(head, event);
    head.machine.identify?.(event);
    this.#check(head, event);
    head.machine.recorded(event);
    this.waiting.shift();
    this.#shop.remember(idOf(event), head.machine);
    return head.command?.setPatchMarker && isChangeVersionUpsert(next) ? 2 : 1;
  }
}

function matchPatch(head: QueuedCommand, event: HistoryEvent): void {
  const issued = head.command?.setPatchMarker?.patchId;
  const recorded = patchMarkerOf(event)?.patchId;
  if (issued === undefined || issued === recorded) return;
  const reason = `patch "${issued}" stands where patch "${recorded}" was recorded`;
  throw new Mismatch('replaced', reason, head.command, event);
}

function patchNotAskedFor(event: HistoryEvent): Mismatch {
  const reason = `the patch "${patchMarkerOf(event)?.patchId}" was recorded, and the code does not ask for it`;
  return new Mismatch('missing', reason, undefined, event);
}

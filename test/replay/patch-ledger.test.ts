/** What becomes of patch markers and patch commands that meet: the table at the head of core's `patch_state_machine.rs`. */
import { describe, expect, it } from 'vitest';
import { PlainMachine, type QueuedCommand } from '../../src/replay/lockstep/machines.ts';
import { handlePatch, type PatchHandling } from '../../src/replay/lockstep/patch-ledger.ts';
import { EventType, type HistoryEvent, type Payload } from '../../src/replay/proto.ts';

const payloads = (value: unknown): { payloads: Payload[] } => ({
  payloads: [{ data: Buffer.from(JSON.stringify(value)) }],
});

function marker(id: string, deprecated: boolean): HistoryEvent {
  const details = { 'patch-data': payloads({ id, deprecated }) };
  return {
    eventType: EventType.EVENT_TYPE_MARKER_RECORDED,
    markerRecordedEventAttributes: { markerName: 'core_patch', details },
  };
}

const activity: HistoryEvent = { eventType: EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED };

function upsertOf(name: string): HistoryEvent {
  const searchAttributes = { indexedFields: { [name]: {} } };
  return {
    eventType: EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES,
    upsertWorkflowSearchAttributesEventAttributes: { searchAttributes },
  };
}

const queued = (command: QueuedCommand['command']): QueuedCommand => ({
  machine: new PlainMachine(),
  eventType: EventType.EVENT_TYPE_UNSPECIFIED,
  command,
});
const patch = (patchId: string) => queued({ setPatchMarker: { patchId } });
const other = queued({ scheduleActivity: {} });

describe('a recorded event and the command at the head of the queue', () => {
  it.each<[string, HistoryEvent, QueuedCommand | undefined, HistoryEvent | undefined, PatchHandling]>([
    ['a marker and its patch', marker('a', false), patch('a'), undefined, 'normal'],
    ['a marker and another patch', marker('a', false), patch('b'), undefined, 'normal'],
    ['a marker and no patch', marker('a', false), other, undefined, 'nondeterministic'],
    ['a marker and nothing', marker('a', false), undefined, undefined, 'nondeterministic'],
    ['a deprecated marker and its patch', marker('a', true), patch('a'), undefined, 'normal'],
    ['a deprecated marker and another patch', marker('a', true), patch('b'), activity, 'skip-event'],
    ['a deprecated marker and no patch', marker('a', true), other, activity, 'skip-event'],
    ['a deprecated marker and nothing', marker('a', true), undefined, undefined, 'skip-event'],
    [
      'one with its search attribute',
      marker('a', true),
      other,
      upsertOf('TemporalChangeVersion'),
      'skip-event-and-next',
    ],
    ['one before another search attribute', marker('a', true), other, upsertOf('Region'), 'skip-event'],
    ['no marker and a patch', activity, patch('a'), undefined, 'skip-command'],
    ['no marker and no patch', activity, other, undefined, 'normal'],
  ])('%s', (_, event, head, next, handling) => {
    expect(handlePatch(event, head, next)).toBe(handling);
  });
});

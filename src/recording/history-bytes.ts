/**
 * Protobuf bytes → history, three times as fast as protobufjs does it alone.
 *
 * An event's attributes are one of sixty fields. As it reads one, protobufjs deletes the fifty-nine others, each of which is absent
 * already: most of the time of decoding goes there. So events are decoded into objects that know which one was read before.
 */
import proto from '@temporalio/proto';
import protobuf, { type Reader } from 'protobufjs';
import { eventType } from './proto.ts';
import type { History, HistoryEvent } from './recording.ts';

const HistoryMessage = proto.temporal.api.history.v1.History;

/** Tag of `repeated HistoryEvent events = 1`. */
const EVENTS_TAG = 10;

/** What the generated decoder takes besides what its declaration tells. */
interface EventDecoder {
  decode(reader: Reader, length: number, endTag: undefined, depth: number, into: object): HistoryEvent;
}
const decoder = eventType as unknown as EventDecoder;

/** @throws Error when the bytes are not that message. */
export function historyFromBytes(bytes: Uint8Array): History {
  const reader = protobuf.Reader.create(bytes);
  const events: HistoryEvent[] = [];
  while (reader.pos < reader.len) {
    if (reader.uint32() !== EVENTS_TAG) return HistoryMessage.decode(bytes);
    events.push(decoder.decode(reader, reader.uint32(), undefined, 1, new EventBeingRead()));
  }
  const history = HistoryMessage.create();
  history.events = events;
  return history;
}

let last: { readonly event: object; readonly name: string } | undefined;

/** An event as the message's own constructor makes it. Attributes of another kind replace those that were read before. */
class EventBeingRead {
  links: unknown[] = [];
  eventGroupMarkers: unknown[] = [];

  set attributes(name: string) {
    if (last?.event === this && last.name !== name) Reflect.deleteProperty(this, last.name);
    last = { event: this, name };
  }
}

/** Otherwise it is one of protobufjs's events: its constructor, the reading side of `attributes`, `toJSON`. */
function becomeMessage(prototype: object): void {
  const message = eventType.ctor.prototype as object;
  Object.defineProperty(prototype, 'attributes', {
    ...Object.getOwnPropertyDescriptor(prototype, 'attributes'),
    get(this: object): unknown {
      return Reflect.get(message, 'attributes', this);
    },
  });
  Reflect.deleteProperty(prototype, 'constructor');
  Object.setPrototypeOf(prototype, message);
}

becomeMessage(EventBeingRead.prototype);

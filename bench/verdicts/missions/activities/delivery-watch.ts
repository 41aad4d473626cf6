import { defineActivities, defineTools } from 'mission-runtime/activity';
import { deliveryWatch } from '../workflows/delivery-watch/mission.ts';
import { SIGHTINGS } from './delivery-watch/parcels.ts';

const tools = defineTools(deliveryWatch, {
  getParcel: ({ parcelId, check }) => {
    const [kind = ''] = parcelId.split('-');
    const sightings = SIGHTINGS[kind];
    if (sightings === undefined) throw new Error(`The carrier knows no parcel ${parcelId}.`);
    return sightings[check - 1] ?? sightings.at(-1) ?? sightings[0];
  },
  redirect: (_, { idempotencyKey }) => ({ reference: `MV-${idempotencyKey.length}` }),
  compensate: (_, { idempotencyKey }) => ({ reference: `CP-${idempotencyKey.length}` }),
  sendNote: (_, { idempotencyKey }) => ({ reference: `NT-${idempotencyKey.length}` }),
});

export default defineActivities({ tools });

/** What the carrier knows of each parcel, check by check; the last entry stays. */
export interface Sighting {
  readonly state: 'on-its-way' | 'delivered' | 'lost';
  readonly daysLate: number;
}

const on = (daysLate: number): Sighting => ({ state: 'on-its-way', daysLate });
const delivered = (daysLate: number): Sighting => ({ state: 'delivered', daysLate });
const lost = (daysLate: number): Sighting => ({ state: 'lost', daysLate });

/** By the part of a parcel's id before its number: `late-3` is a `late` parcel. */
export const SIGHTINGS: Readonly<Record<string, readonly [Sighting, ...Sighting[]]>> = {
  prompt: [delivered(0)],
  slow: [on(1), delivered(2)],
  late: [on(4), on(5), delivered(5)],
  slightly: [on(3), delivered(4)],
  lost: [on(6), on(7), lost(8)],
  never: [on(2), on(3), on(9), on(12)],
};

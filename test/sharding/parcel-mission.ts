/** Parcels: small ones are taken, heavy ones are not. What a version makes of them is code alone, so nothing has to be asked anew. */
import type { Edits } from '../artifact/project.ts';

export interface ParcelOptions {
  readonly mission: string;
  /** Statements before the decision; `weight` is there. */
  readonly first?: string;
  /** The condition under which a parcel is taken. */
  readonly takes: string;
}

/** The files of the mission, for `copyProject`. */
export function parcelMission({ mission, first = '', takes }: ParcelOptions): Edits {
  return {
    [`workflows/${mission}/mission.ts`]: () => `
      import { defineMission } from 'mission-runtime/mission';
      import * as z from 'zod';
      export const parcel = defineMission({
        name: '${mission}',
        input: z.object({ id: z.string(), weight: z.number() }),
        output: z.object({ taken: z.boolean(), price: z.number(), note: z.string() }),
        tools: {
          getPrice: { effect: 'read', input: z.object({ weight: z.number() }), output: z.object({ price: z.number() }) },
          bookCar: { effect: 'write', input: z.object({ id: z.string() }), output: z.object({ car: z.string() }) },
        },
      });`,
    [`workflows/${mission}/workflow.ts`]: () => `
      import { parcel } from './mission.ts';
      export const run = parcel.workflow(async ({ step }, { id, weight }) => {
        const { price } = await step.tool('getPrice', { weight });
        ${first}
        const taken = step.rule('light-enough', ${takes});
        if (taken) await step.tool('bookCar', { id });
        return { taken, price, note: 'für ' + id };
      });`,
    [`activities/${mission}.ts`]: () => `
      import { defineActivities, defineTools } from 'mission-runtime/activity';
      import { parcel } from '../workflows/${mission}/mission.ts';
      export default defineActivities({
        tools: defineTools(parcel, {
          getPrice: ({ weight }) => ({ price: weight * 2 }),
          bookCar: ({ id }) => ({ car: 'C-' + id }),
        }),
      });`,
  };
}

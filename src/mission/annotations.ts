/**
 * What the author of a schema says about a field beyond its shape: how two values of it are compared, whether it says
 * nothing about the request it stands in, and whether it must not be kept. The annotations are metadata of the zod
 * schema, so `z.toJSONSchema` carries them under their own keywords into the definition. Safe in the workflow sandbox.
 */
import * as z from 'zod';

/** The JSON Schema keywords of the annotations. */
export const COMPARE_KEYWORD = 'compare';
export const VOLATILE_KEYWORD = 'volatile';
export const REDACT_KEYWORD = 'redact';

const share = z.number().nonnegative();

/** How far two numbers may stand apart and still count as equal; with both, either is enough. */
export const tolerance = z
  .strictObject({
    /** In the field's own unit. */
    absolute: share.optional(),
    /** Of the greater of the two magnitudes: 0.05 is 5 %. */
    relative: share.optional(),
  })
  .refine((value) => value.absolute !== undefined || value.relative !== undefined, {
    error: 'a tolerance needs "absolute" or "relative"',
  });

/** The value of the `compare` keyword. */
export const compareRule = z.union([z.enum(['ignore', 'unordered', 'text']), z.strictObject({ tolerance })]);

/** The value of the `redact` keyword. */
export const redactRule = z.enum(['secret', 'personal']);

export type Tolerance = z.infer<typeof tolerance>;
export type CompareRule = z.infer<typeof compareRule>;
export type RedactRule = z.infer<typeof redactRule>;

/**
 * How two values of a field are compared. One rule per field; the last one given holds.
 *
 * @example
 * const Verdict = z.object({
 *   approve: z.boolean(),
 *   reason: compare.text(z.string()),
 *   score: compare.tolerance(z.number(), { absolute: 0.01 }),
 *   decidedAt: compare.ignore(z.iso.datetime()),
 * });
 */
export const compare = {
  /** The field is not compared at all, whether it is there or not. */
  ignore: <Schema extends z.ZodType>(schema: Schema): Schema => annotate(schema, { [COMPARE_KEYWORD]: 'ignore' }),

  /**
   * Two numbers are equal when they are near enough.
   *
   * @throws ZodError when neither limit is given, or one is negative.
   */
  tolerance: <Schema extends z.ZodType>(schema: Schema, limit: Tolerance): Schema =>
    annotate(schema, { [COMPARE_KEYWORD]: { tolerance: tolerance.parse(limit) } }),

  /** The order of the array's items does not matter. */
  unordered: <Schema extends z.ZodType>(schema: Schema): Schema => annotate(schema, { [COMPARE_KEYWORD]: 'unordered' }),

  /** Two texts are equal when they have the same words: case, white space and punctuation do not matter. */
  text: <Schema extends z.ZodType>(schema: Schema): Schema => annotate(schema, { [COMPARE_KEYWORD]: 'text' }),
} as const;

/** The field changes from ask to ask and says nothing (a trace id, a time): evidence is looked up without it. */
export function volatile<Schema extends z.ZodType>(schema: Schema): Schema {
  return annotate(schema, { [VOLATILE_KEYWORD]: true });
}

/** What may not be kept in a recording as it is; it is replaced, the same value by the same replacement. */
export const redact = {
  /** A credential: never kept in any form. */
  secret: <Schema extends z.ZodType>(schema: Schema): Schema => annotate(schema, { [REDACT_KEYWORD]: 'secret' }),

  /** Something about a person: a name, an address, a number. */
  personal: <Schema extends z.ZodType>(schema: Schema): Schema => annotate(schema, { [REDACT_KEYWORD]: 'personal' }),
} as const;

/** A registered `id` names the schema it was given to; the annotated one is another schema, so it goes without. */
function annotate<Schema extends z.ZodType>(schema: Schema, annotation: Readonly<Record<string, unknown>>): Schema {
  const existing = Object.entries(schema.meta() ?? {}).filter(([key]) => key !== 'id');
  return schema.meta({ ...Object.fromEntries(existing), ...annotation });
}

import type { Json, JsonObject } from '../shared/json.ts';

/** The least number that a JSON Schema allows; 0 or the greatest below it, when there is no least. */
export function simulatedNumber(schema: JsonObject): number {
  const whole = schema['type'] === 'integer';
  const step = boundOf(schema['multipleOf']) ?? (whole ? 1 : undefined);
  const least = boundOf(schema['minimum']);
  const above = boundOf(schema['exclusiveMinimum']);
  const most = boundOf(schema['maximum']);
  const below = boundOf(schema['exclusiveMaximum']);
  if (step !== undefined) return onGrid(step, { least, above, most, below });
  if (least !== undefined && (above === undefined || least > above)) return least;
  const top = most ?? below;
  if (above !== undefined) return top === undefined ? above + 1 : (above + top) / 2;
  if (top === undefined || top > 0) return 0;
  return most ?? top - 1;
}

interface Bounds {
  readonly least: number | undefined;
  readonly above: number | undefined;
  readonly most: number | undefined;
  readonly below: number | undefined;
}

/** The least multiple of `step` within the bounds. */
function onGrid(step: number, { least, above, most, below }: Bounds): number {
  const from = Math.max(
    least === undefined ? Number.NEGATIVE_INFINITY : Math.ceil(least / step),
    above === undefined ? Number.NEGATIVE_INFINITY : Math.floor(above / step) + 1,
  );
  const to = Math.min(
    most === undefined ? Number.POSITIVE_INFINITY : Math.floor(most / step),
    below === undefined ? Number.POSITIVE_INFINITY : Math.ceil(below / step) - 1,
  );
  const count = Number.isFinite(from) ? from : Math.min(0, to);
  return count * step + 0;
}

/** The bounds of safe integers are no bounds of the author's. */
function boundOf(value: Json | undefined): number | undefined {
  return typeof value === 'number' && Math.abs(value) < Number.MAX_SAFE_INTEGER ? value : undefined;
}

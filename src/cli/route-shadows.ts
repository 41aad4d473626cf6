/** Shadows of a route on the command line: read, and shown. Pure. */
import { type Cell, cell } from '../compare/render/layout.ts';
import type { Palette } from '../compare/render/palette.ts';
import type { RouteShadow } from '../registry/routes.ts';
import type { ExplainedInput, ExplainedRoute } from '../routing/explain-route.ts';
import { MissionError } from '../shared/errors.ts';
import { readWeights } from './read-route.ts';

/**
 * Reads `@5=10%` and its like.
 *
 * @throws MissionError `USAGE` naming the share that cannot be read, or is nothing.
 */
export function readShadows(texts: readonly string[], mission: string): RouteShadow[] {
  return readWeights(texts, mission).map(({ version, weight: share }) => {
    if (share > 0) return { version, share };
    throw new MissionError('USAGE', `A share of 0 % shadows nothing.`, {
      remedy: 'Leave the version out, or end all shadows with --no-shadow.',
    });
  });
}

export function shadowCells({ version, share }: RouteShadow, palette: Palette): Cell[] {
  return [
    cell(`@${version}`, palette.bold),
    cell(`${share / 100} %`),
    cell('as a shadow: beside real runs, with its effects blocked', palette.dim),
  ];
}

/** Of one input: which versions would run beside it, and why. */
export function shadowReasons({ shadows }: ExplainedInput): string[] {
  return shadows.map(
    ({ version, shadowed, reason }) => `  ${shadowed ? 'shadowed' : 'not shadowed'} by @${version}: ${reason}`,
  );
}

/** Of many inputs: how many of them each version shadows. */
export function shadowTotals({ inputs, shadows }: ExplainedRoute, palette: Palette): Cell[][] {
  return shadows.map(({ version, count }) => [
    cell(`@${version}`, palette.bold),
    cell(String(count), undefined, { align: 'right' }),
    cell(`${((100 * count) / inputs.length).toFixed(1)} %`, undefined, { align: 'right' }),
    cell('as a shadow', palette.dim),
  ]);
}

import { MissionError } from './errors.ts';

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Reads `250ms`, `30s`, `5m`, `2h`, `30d`, or a sum such as `1h30m`.
 *
 * @returns whole milliseconds, at least 0.
 * @throws MissionError `USAGE` when the text has another form.
 */
export function parseDurationMs(text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)];
  if (parts.length === 0 || parts.map((part) => part[0]).join('') !== text) {
    throw new MissionError('USAGE', `"${text}" is not a duration.`, {
      remedy: 'Write a number and a unit: 250ms, 30s, 5m, 2h, 30d.',
      details: { text },
    });
  }
  return Math.round(
    parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (UNIT_MS[unit as string] as number), 0),
  );
}

/** A duration for people: `850 ms`, `2.4 s`, `3 min 20 s`, `5 h 2 min`, `12 d 4 h`. */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  if (ms < 3_600_000) return pair(ms, 60_000, 'min', 1_000, 's');
  if (ms < 86_400_000) return pair(ms, 3_600_000, 'h', 60_000, 'min');
  return pair(ms, 86_400_000, 'd', 3_600_000, 'h');
}

function pair(ms: number, bigMs: number, big: string, smallMs: number, small: string): string {
  const whole = Math.floor(ms / bigMs);
  const rest = Math.floor((ms % bigMs) / smallMs);
  return rest === 0 ? `${whole} ${big}` : `${whole} ${big} ${rest} ${small}`;
}

/** Summaries of measured values, and how they are printed. */

/** @param share - 0.5 for the median; the nearest rank, so a value that was measured */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** A row of a table: name, columns. */
export function row(name: string, ...columns: readonly string[]): string {
  return `  ${name.padEnd(46)}${columns.map((column) => column.padStart(16)).join('')}`;
}

export const ms = (value: number): string => `${value.toFixed(value < 10 ? 2 : 0)} ms`;
export const mb = (value: number): string => `${value.toFixed(1)} MB`;
export const times = (value: number): string => `${value.toFixed(2)}×`;
export const perSecond = (value: number): string => `${value.toFixed(1)}/s`;

/** Whether an aim is met, said in a word. */
export const against = (met: boolean, aim: string): string => `${met ? 'within' : 'BEYOND'} the aim of ${aim}`;

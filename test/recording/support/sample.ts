/** Recorded histories, kept as Temporal wrote them with SDK 1.24.0: a mission by hand, and a plain workflow. */
import { readFileSync } from 'node:fs';

type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue };

export interface HistoryJson {
  events: { [key: string]: JsonValue }[];
}

/** A fresh copy, to be changed at will. */
export function sampleJson(name: 'mission' | 'plain'): HistoryJson {
  return JSON.parse(
    readFileSync(new URL(`../fixtures/${name}-sdk-1.24.0.json`, import.meta.url), 'utf8'),
  ) as HistoryJson;
}

/** A copy with every object rewritten, from the leaves up. */
export function mapObjects(value: unknown, map: (object: Record<string, unknown>) => unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => mapObjects(item, map));
  if (typeof value !== 'object' || value === null) return value;
  return map(Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapObjects(item, map)])));
}

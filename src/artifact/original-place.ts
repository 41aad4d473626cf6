import { SourceMap, type SourceMapPayload } from 'node:module';

/**
 * Where in the author's source an error came from.
 *
 * @param filename - the name under which the bundle was evaluated
 * @param sourceMap - source map of the bundle, JSON text
 * @returns `workflows/triage/mission.ts:12:5`, or `undefined` when the stack does not lead there.
 */
export function originalPlace(error: unknown, filename: string, sourceMap: string): string | undefined {
  const stack = typeof error === 'object' && error !== null ? String((error as { stack?: unknown }).stack) : '';
  const map = new SourceMap(JSON.parse(sourceMap) as SourceMapPayload);
  for (const [, line, column] of stack.matchAll(new RegExp(`${filename}:(\\d+):(\\d+)`, 'g'))) {
    const entry = map.findEntry(Number(line) - 1, Number(column) - 1);
    if ('originalSource' in entry && !entry.originalSource.startsWith('mission-runtime/')) {
      return `${entry.originalSource}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
    }
  }
  return undefined;
}

import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { History } from './recording.ts';

/**
 * Temporal's standard history JSON, indented: what `temporal workflow show --output json` writes, and what Temporal's
 * replayers read.
 */
export function encodeHistory(history: History): string {
  return `${historyToJSON(history)}\n`;
}

import { canonicalJson, type Json } from '../../shared/json.ts';
import type { Report } from '../report.ts';

/** The report as canonical JSON and a line feed: equal reports give equal bytes. */
export function renderJson(report: Report): string {
  return `${canonicalJson(report as unknown as Json)}\n`;
}

/** Reports as files and as text: all of them from the one value. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { renderJson } from '../compare/render/json.ts';
import { renderJUnit } from '../compare/render/junit.ts';
import { renderMarkdown } from '../compare/render/markdown.ts';
import { renderTerminal } from '../compare/render/terminal.ts';
import type { Report } from '../compare/report.ts';
import { shortDigest } from '../shared/digest.ts';
import { MissionError, messageOf } from '../shared/errors.ts';
import type { Output } from './output.ts';

export const REPORT_FORMATS = ['terminal', 'markdown', 'json', 'junit'] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

export function renderReport(report: Report, format: ReportFormat, { palette, width }: Output): string {
  switch (format) {
    case 'terminal':
      return renderTerminal(report, { palette, width });
    case 'markdown':
      return renderMarkdown(report);
    case 'json':
      return renderJson(report);
    case 'junit':
      return renderJUnit(report);
  }
}

/**
 * Writes `report.json`, `report.md` and `junit.xml` into a folder, which is made when missing.
 *
 * @returns their paths.
 * @throws MissionError `USAGE` when it cannot be written; the report itself is in the registry.
 */
export async function writeReportFiles(report: Report, folder: string): Promise<string[]> {
  const files = {
    'report.json': renderJson(report),
    'report.md': renderMarkdown(report),
    'junit.xml': renderJUnit(report),
  };
  try {
    await mkdir(folder, { recursive: true });
    return await Promise.all(
      Object.entries(files).map(async ([name, text]) => {
        await writeFile(join(folder, name), text);
        return join(folder, name);
      }),
    );
  } catch (error) {
    throw new MissionError('USAGE', `The report's files cannot be written to ${folder}: ${messageOf(error)}.`, {
      remedy: `Name another folder with --out. The report itself is stored: mission report ${shortDigest(report.digest)}.`,
      details: { folder, report: report.digest },
      cause: error,
    });
  }
}

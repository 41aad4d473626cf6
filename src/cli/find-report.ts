/** A report by what people call it: the first digits of its digest or of its cohort's, or a file. */
import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import type { Report } from '../compare/report.ts';
import type { Registry } from '../registry/registry.ts';
import { MissionError, messageOf } from '../shared/errors.ts';

const REPORTS_SEARCHED = 10_000;

export interface ReportQuestion {
  /** `latest`, `9f31c0a2`, `sha256:9f31…`, or a path that ends in `.json`. */
  readonly text: string;
  readonly mission?: string | undefined;
  /** The absolute path of a file that is named. */
  readonly pathOf: (path: string) => string;
}

/**
 * Finds a report. Of several on the same cohort it is the newest that is complete.
 *
 * @throws MissionError `REPORT_UNKNOWN` when there is none, or several begin so; `INPUT_INVALID` when a file holds none.
 */
export async function findReport(registry: Registry, question: ReportQuestion): Promise<Report> {
  const { text, pathOf } = question;
  if (text.endsWith('.json')) return readReport(pathOf(text));
  return (await registry.reports.get(await digestOf(registry, question))) as unknown as Report;
}

async function digestOf({ reports }: Registry, { text, mission }: ReportQuestion): Promise<string> {
  const filter = mission === undefined ? {} : { mission };
  if (text === 'latest') {
    const [newest] = await reports.list({ ...filter, limit: 1 });
    if (newest !== undefined) return newest.digest;
    throw unknown(mission === undefined ? 'There are no reports yet.' : `There are no reports on ${mission} yet.`);
  }
  const begin = `sha256:${text.replace(/^sha256:/, '').toLowerCase()}`;
  const all = await reports.list({ ...filter, limit: REPORTS_SEARCHED });
  const found = all.filter(({ digest }) => digest.startsWith(begin));
  const [only, other] = found;
  if (only !== undefined && other === undefined) return only.digest;
  if (only !== undefined) throw unknown(`${found.length} reports begin with "${text}".`);
  const onCohort = all.filter(({ cohort }) => cohort.startsWith(begin));
  const cohorts = new Set(onCohort.map(({ cohort }) => cohort));
  if (cohorts.size > 1) throw unknown(`${cohorts.size} cohorts begin with "${text}".`);
  const newest = onCohort.find(({ partial }) => !partial) ?? onCohort[0];
  if (newest === undefined) throw unknown(`There is no report "${text}", and none on such a cohort.`);
  return newest.digest;
}

function unknown(message: string): MissionError {
  return new MissionError('REPORT_UNKNOWN', message, {
    remedy: 'mission log lists reports with the first digits of their digests; mission replay makes one.',
  });
}

/** What makes a file a report. Whether it is what its digest says, whoever uses it has to see. */
const reportFile = z.looseObject({
  format: z.literal(1),
  digest: z.string(),
  mission: z.string(),
  baseline: z.looseObject({ name: z.string(), artifact: z.string() }),
  candidate: z.looseObject({ name: z.string(), artifact: z.string() }),
  cohort: z.looseObject({ digest: z.string(), recordings: z.int(), selection: z.string() }),
  results: z.array(z.looseObject({ recording: z.looseObject({ id: z.string() }) })),
  excluded: z.array(z.looseObject({ recording: z.looseObject({ id: z.string() }) })),
});

async function readReport(file: string): Promise<Report> {
  try {
    return reportFile.parse(JSON.parse(await readFile(file, 'utf8'))) as unknown as Report;
  } catch (error) {
    throw new MissionError(
      'INPUT_INVALID',
      `${file} is no report: ${error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error)}`,
      {
        remedy: 'Name the report.json that mission replay wrote, or the first digits of a digest.',
        details: { file },
        cause: error,
      },
    );
  }
}

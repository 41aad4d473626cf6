/** Regression cases while they are tried: told one by one, and their report written where `--out` says. */
import type { TriedCases } from '../release/case-results.ts';
import type { Call } from './command.ts';

/** The cases of one mission, or those of plain workflows. */
export interface TriedSubject {
  /** For whoever watches. */
  readonly title: string;
  /** Its report's, within that of `--out`. */
  readonly folder: string;
  readonly cases: number;
}

export interface CaseTelling {
  readonly say: (doing: string) => void;
  /** One more is settled. */
  readonly onCase: () => void;
}

/** @param attempt tries them, and tells how far it is */
export async function tellTried(
  { context, options, output }: Call<{ readonly out?: string }>,
  { title, folder, cases }: TriedSubject,
  attempt: (telling: CaseTelling) => Promise<TriedCases>,
): Promise<TriedCases> {
  const progress = output.progress(title);
  let done = 0;
  try {
    const tried = await attempt({
      say: (doing) => progress.say(doing),
      onCase: () => progress.update(++done, cases),
    });
    if (options.out !== undefined) {
      const { writeReportFiles } = await import('./report-files.ts');
      await writeReportFiles(tried.report, context.path(`${options.out}/${folder}`));
    }
    return tried;
  } finally {
    progress.end();
  }
}

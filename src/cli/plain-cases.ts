/** `mission cases --workflows …`: regression cases of plain Temporal workflows. */
import type { Fixture } from '../recording/fixtures.ts';
import type { TriedCases } from '../release/case-results.ts';
import type { Call } from './command.ts';
import { type CodeOptions, codeReader, readCodecs } from './plain-code.ts';
import { type PolicyOptions, readPolicy } from './read-policy.ts';

interface Options extends PolicyOptions, CodeOptions {
  readonly out?: string;
  readonly workers?: number;
}

/** Where their report goes, beside those of missions. */
const REPORT_FOLDER = 'plain-workflows';

/** @param workflows the file or folder that exports the workflows of these cases */
export async function tryPlainCasesOf(
  call: Call<Options>,
  workflows: string,
  fixtures: readonly Fixture[],
): Promise<TriedCases> {
  const { context, options, output, io } = call;
  const { tryPlainCases } = await import('../release/try-plain-cases.ts');
  const progress = output.progress(workflows);
  try {
    let done = 0;
    const tried = await tryPlainCases({
      candidate: (await codeReader(call))(workflows),
      fixtures,
      policy: await readPolicy(options, context),
      codecs: await readCodecs(call),
      workers: options.workers,
      signal: io.signal,
      onProgress: (doing) => progress.say(doing),
      onCase: () => progress.update(++done, fixtures.length),
    });
    if (options.out !== undefined) {
      const { writeReportFiles } = await import('./report-files.ts');
      await writeReportFiles(tried.report, context.path(`${options.out}/${REPORT_FOLDER}`));
    }
    return tried;
  } finally {
    progress.end();
  }
}

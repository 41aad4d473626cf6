/** `mission cases --workflows …`: regression cases of plain Temporal workflows. */
import type { Fixture } from '../recording/fixtures.ts';
import type { TriedCases } from '../release/case-results.ts';
import type { Call } from './command.ts';
import { type CodeOptions, codeReader, readCodecs } from './plain-code.ts';
import { type PolicyOptions, readPolicy } from './read-policy.ts';
import { tellTried } from './tell-tried.ts';

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
  const { context, options, io } = call;
  const { tryPlainCases } = await import('../release/try-plain-cases.ts');
  const subject = { title: workflows, folder: REPORT_FOLDER, cases: fixtures.length };
  return tellTried(call, subject, async ({ say, onCase }) =>
    tryPlainCases({
      candidate: (await codeReader(call))(workflows),
      fixtures,
      policy: await readPolicy(options, context),
      codecs: await readCodecs(call),
      workers: options.workers,
      signal: io.signal,
      onProgress: say,
      onCase,
    }),
  );
}

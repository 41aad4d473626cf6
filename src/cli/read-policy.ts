import { readFile } from 'node:fs/promises';
import type { ReplayPolicy } from '../gate/policy.ts';
import { MissionError, messageOf } from '../shared/errors.ts';
import type { CliContext } from './context.ts';

export interface PolicyOptions {
  readonly policy?: readonly string[];
  readonly answer?: readonly string[];
  readonly noise?: number;
}

/**
 * The policy of `--policy` and `--answer`. Files first, then flags in their order; `--policy` takes both, so that a report
 * can name either.
 *
 * @throws MissionError `USAGE` when there are several files, `POLICY_INVALID`.
 */
export async function readPolicy(options: PolicyOptions, context: CliContext): Promise<ReplayPolicy> {
  const { DEFAULT_POLICY, parsePolicy, parsePolicyFlags } = await import('../gate/parse-policy.ts');
  const given = options.policy ?? [];
  const isFlag = (text: string) => /^[a-z-]+\s*(<=|>=|=)/i.test(text);
  const files = given.filter((text) => !isFlag(text));
  if (files.length > 1) {
    throw new MissionError('USAGE', `There are ${files.length} policy files: ${files.join(', ')}.`, {
      remedy: 'Name one, and lay flags over it: --policy policy.json --policy "changed<=1%".',
    });
  }
  const [file] = files;
  const base = file === undefined ? DEFAULT_POLICY : parsePolicy(await readText(context.path(file)), file);
  return parsePolicyFlags(
    [
      ...given.filter(isFlag),
      ...(options.answer ?? []),
      ...(options.noise === undefined ? [] : [`noise=${options.noise}`]),
    ],
    base,
  );
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new MissionError('POLICY_INVALID', `The policy ${file} cannot be read: ${messageOf(error)}.`, {
      remedy: 'Name a JSON file (docs/policy.md), or write a flag: model=live.',
      details: { file },
      cause: error,
    });
  }
}

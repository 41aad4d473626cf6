import { readFile } from 'node:fs/promises';
import { Option } from 'commander';
import type { ReplayPolicy } from '../gate/policy.ts';
import { MissionError, messageOf } from '../shared/errors.ts';
import type { CliContext } from './context.ts';

export interface PolicyOptions {
  readonly policy?: readonly string[];
  readonly answer?: readonly string[];
  readonly noise?: number;
}

const FLAG = /^\s*[a-z-]+\s*(<=|>=|=)/i;
const LIST_FLAG = /^\s*reads\s*=/i;

/** The options of everything that replays under a policy. */
export function policyOptions(
  policy = 'a policy file, or a flag such as model=live, "changed<=1%" or reads=price,quote (docs/policy.md)',
) {
  return [policyOption('--policy <file or flag>', policy), answerOption('live')];
}

/** @param way of the example */
export function answerOption(way: 'live' | 'recorded'): Option {
  return policyOption(
    '--answer <kind=way>',
    `how steps without an exact recorded answer are answered: model=${way}; also read, write, decision, activity, patches (docs/policy.md)`,
  );
}

/** It may be given several times, and several values at once with commas. What follows `reads=` up to the next flag is its names. */
function policyOption(flags: string, description: string): Option {
  return new Option(flags, description).argParser((text: string, before: readonly string[] | undefined) => [
    ...(before ?? []),
    ...splitFlags(text),
  ]);
}

function splitFlags(text: string): string[] {
  const flags: string[] = [];
  for (const part of text.split(',').filter((one) => one !== '')) {
    const last = flags.at(-1);
    if (last !== undefined && LIST_FLAG.test(last) && !FLAG.test(part))
      flags[flags.length - 1] = `${last},${part.trim()}`;
    else flags.push(part);
  }
  return flags;
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
  const isFlag = (text: string) => FLAG.test(text);
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

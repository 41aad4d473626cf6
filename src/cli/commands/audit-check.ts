import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { MissionError, messageOf } from '../../shared/errors.ts';
import { type HeadOptions, keptHeadOf, signerLines } from '../audit-head-files.ts';
import { addCommand, type Call, type CliHost, option } from '../command.ts';
import { EXIT } from '../io.ts';

export function addAuditCheck(audit: Command, host: CliHost): void {
  addCommand<HeadOptions>(audit, host, {
    usage: 'check <file>',
    summary: 'prove a file of mission explain offline: every part of it by its entry of the audit trail',
    options: [
      option('--head <head>', 'a head that was kept elsewhere, seq:hash or a file: the entries of the file lead to it'),
      option('--public-key <file>', 'the head must be signed with the key of this public key (PEM)'),
    ],
    examples: [
      ['mission audit check refund-17.json', 'needs neither registry nor network'],
      ['mission audit check refund-17.json --head head.json --public-key audit-key.pub.pem', 'proves the trail too'],
    ],
    run,
  });
}

async function run({ context, output, options, args }: Call<HeadOptions>): Promise<number> {
  const file = context.path(args[0] ?? '');
  const kept = await keptHeadOf(context, options);
  const { verifyExplanation } = await import('../../release/verify-explanation.ts');
  const verdict = verifyExplanation(await readFileJson(file), kept?.head);
  const broken = verdict.checks.filter(({ state }) => state === 'broken');
  if (broken.length > 0) {
    const list = broken.map(({ part, message }) => `${part}: ${message}`).join(' ');
    throw new MissionError('AUDIT_BROKEN', `${file} does not hold. ${list}`, {
      remedy: 'It was edited after it was made, or the registry was. Ask for the file again, and compare.',
      details: { parts: broken.map(({ part }) => part) },
    });
  }
  const { palette } = output;
  const marks = { proven: palette.green('✓'), unproven: palette.yellow('?'), broken: palette.red('✗') };
  await output.result(verdict, () =>
    [
      ...verdict.checks.map(({ part, state, message }) => `${marks[state]} ${part.padEnd(10)} ${palette.dim(message)}`),
      ...signerLines(kept),
    ].join('\n'),
  );
  const isHeadProven = verdict.checks.every(({ part, state }) => part !== 'head' || state === 'proven');
  return isHeadProven ? EXIT.ok : EXIT.inconclusive;
}

async function readFileJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as unknown;
  } catch (error) {
    throw new MissionError('USAGE', `${file} cannot be read: ${messageOf(error)}.`, {
      remedy: 'Name a file that mission explain --out wrote.',
      cause: error,
    });
  }
}

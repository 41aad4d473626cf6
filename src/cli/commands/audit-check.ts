import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { AuditHead } from '../../registry/audit-chain.ts';
import { MissionError, messageOf } from '../../shared/errors.ts';
import { addCommand, type Call, type CliHost, option } from '../command.ts';
import { EXIT } from '../io.ts';

interface Options {
  readonly head?: AuditHead;
}

/** @param readHead - reads `214:sha256:…` */
export function addAuditCheck(audit: Command, host: CliHost, readHead: (text: string) => AuditHead): void {
  addCommand<Options>(audit, host, {
    usage: 'check <file>',
    summary: 'prove a file of mission explain offline: every part of it by its entry of the audit trail',
    options: [option('--head <seq:hash>', 'a head that was kept elsewhere, of an entry in the file', readHead)],
    examples: [['mission audit check refund-17.json', 'needs neither registry nor network']],
    run,
  });
}

async function run({ context, output, options, args }: Call<Options>): Promise<number> {
  const file = context.path(args[0] ?? '');
  const { verifyExplanation } = await import('../../release/verify-explanation.ts');
  const verdict = verifyExplanation(await readFileJson(file), options.head);
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
    verdict.checks
      .map(({ part, state, message }) => `${marks[state]} ${part.padEnd(10)} ${palette.dim(message)}`)
      .join('\n'),
  );
  return EXIT.ok;
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

import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { AuditHead } from '../../registry/audit-chain.ts';
import type { PartCheck } from '../../release/explanation.ts';
import type { SearchedTrail } from '../../release/known-entries.ts';
import { MissionError, messageOf } from '../../shared/errors.ts';
import { type HeadOptions, keptHeadOf, signerLines } from '../audit-head-files.ts';
import { addCommand, type Call, type CliHost, option } from '../command.ts';
import { brokenTrail, readExport } from '../exported-trail.ts';
import { EXIT } from '../io.ts';

interface CheckOptions extends HeadOptions {
  readonly trail?: string;
}

export function addAuditCheck(audit: Command, host: CliHost): void {
  addCommand<CheckOptions>(audit, host, {
    usage: 'check <file>',
    summary:
      'check a file of mission explain offline, every part by its entry of the audit trail; with a head, prove it',
    options: [
      option('--head <head>', 'a head that was kept elsewhere, seq:hash or a file: the entries of the file lead to it'),
      option('--public-key <file>', 'the head must be signed with the key of this public key (PEM)'),
      option('--trail <export>', 'an exported trail that has the entries of the file, and leads from them to the head'),
    ],
    examples: [
      ['mission audit check refund-17.json', 'needs neither registry nor network'],
      ['mission audit check refund-17.json --head head.json --public-key audit-key.pub.pem', 'proves it'],
      [
        'mission audit check refund-17.json --trail trail.jsonl --head head.json',
        'when the trail is long, or the head later',
      ],
    ],
    run,
  });
}

async function run({ context, output, options, args }: Call<CheckOptions>): Promise<number> {
  const file = context.path(args[0] ?? '');
  const kept = await keptHeadOf(context, options);
  const document = await readFileJson(file);
  const trail =
    options.trail === undefined ? undefined : await trailOf(context.path(options.trail), document, kept?.head);
  const { verifyExplanation } = await import('../../release/verify-explanation.ts');
  const verdict = verifyExplanation(document, kept?.head, trail);
  const broken = verdict.checks.filter(({ state }) => state === 'broken');
  if (broken.length > 0) {
    const list = broken.map(({ part, message }) => `${part}: ${message}`).join(' ');
    throw new MissionError('AUDIT_BROKEN', `${file} does not hold. ${list}`, {
      remedy: 'It was edited after it was made, or the registry was. Ask for the file again, and compare.',
      details: { parts: broken.map(({ part }) => part) },
    });
  }
  const { green, cyan, yellow, red, dim } = output.palette;
  const marks = { proven: green('✓'), consistent: cyan('≈'), unproven: yellow('?'), broken: red('✗') };
  const isAny = (state: PartCheck['state']) => verdict.checks.some((check) => check.state === state);
  await output.result(verdict, () =>
    [
      ...verdict.checks.map(({ part, state, message }) => `${marks[state]} ${part.padEnd(10)} ${dim(message)}`),
      ...(isAny('consistent') ? [dim(`${marks.consistent} is consistent, and not proven by a head.`)] : []),
      ...signerLines(kept),
    ].join('\n'),
  );
  const isAsked = ({ part }: PartCheck) => part === 'head' || part === 'export';
  return verdict.checks.some((check) => isAsked(check) && check.state === 'unproven') ? EXIT.inconclusive : EXIT.ok;
}

async function trailOf(exported: string, document: unknown, head: AuditHead | undefined): Promise<SearchedTrail> {
  const { searchTrail } = await import('../../release/known-entries.ts');
  const trail = await searchTrail(document, readExport(exported), head);
  if (!trail.intact) throw brokenTrail(trail);
  return trail;
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

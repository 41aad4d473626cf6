import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import type { AuditHead } from '../../registry/audit-chain.ts';
import { MissionError, messageOf } from '../../shared/errors.ts';
import { type HeadOptions, keptHeadOf, signerLines } from '../audit-head-files.ts';
import { addCommand, type Call, type CliHost, option } from '../command.ts';
import { brokenTrail, readExport } from '../exported-trail.ts';
import { EXIT } from '../io.ts';
import { addAuditCheck } from './audit-check.ts';
import { addAuditHead } from './audit-head.ts';

interface VerifyOptions extends HeadOptions {
  readonly file?: string;
}

interface ExportOptions {
  readonly out?: string;
}

export function addAudit(program: Command, host: CliHost): void {
  const audit = program.command('audit').description('check or export the audit trail');
  addCommand<VerifyOptions>(audit, host, {
    usage: 'verify',
    summary: 'check that no entry was edited, reordered or cut off',
    options: [
      option('--head <head>', 'a head that was kept elsewhere, seq:hash or a file: the trail must still hold it'),
      option('--public-key <file>', 'the head must be signed with the key of this public key (PEM)'),
      option('--file <export>', 'an exported trail instead of the registry'),
    ],
    examples: [
      ['mission audit verify --head 214:sha256:9f…', 'also finds a trail whose end was cut off'],
      ['mission audit verify --file trail.jsonl --head head.json --public-key audit-key.pub.pem', 'offline'],
    ],
    run: verify,
  });
  addCommand<ExportOptions>(audit, host, {
    usage: 'export',
    summary: 'write the whole trail, one JSON entry per line',
    options: [option('--out <file>', 'where to (default: standard output)')],
    run: exportTrail,
  });
  addAuditHead(audit, host);
  addAuditCheck(audit, host);
}

async function verify({ context, output, options }: Call<VerifyOptions>): Promise<number> {
  const { verifyAuditChain } = await import('../../registry/audit-chain.ts');
  const kept = await keptHeadOf(context, options);
  const known = kept === undefined ? {} : { head: kept.head };
  const verdict =
    options.file === undefined
      ? await (await context.registry()).audit.verify(known)
      : await verifyAuditChain(readExport(context.path(options.file)), known);
  if (!verdict.intact) throw brokenTrail(verdict);
  const head = `${verdict.head.seq}:${verdict.head.hash}`;
  await output.result({ ...verdict, ...(kept !== undefined && { kept: kept.head }) }, () =>
    [
      `${output.palette.green('✓')} The audit trail is intact: ${verdict.entries} entries.`,
      ...(kept === undefined ? [] : [`  It holds the head that was kept: ${kept.head.seq}:${kept.head.hash}`]),
      ...signerLines(kept),
      `  Its head is ${head}`,
      `  ${output.palette.dim('Keep the head elsewhere: with --head it proves later that nothing was cut off.')}`,
    ].join('\n'),
  );
  return EXIT.ok;
}

async function exportTrail({ context, output, options }: Call<ExportOptions>): Promise<number> {
  const [{ audit }, { AUDIT_START }] = await Promise.all([context.registry(), import('../../registry/audit-chain.ts')]);
  // Of what is written, and not of the registry: the trail goes on meanwhile.
  let head: AuditHead = AUDIT_START;
  const lines = async function* () {
    for await (const entry of audit.stream()) {
      head = entry;
      yield `${JSON.stringify(entry)}\n`;
    }
  };
  if (options.out === undefined) {
    for await (const line of lines()) output.raw(line);
    return EXIT.ok;
  }
  const file = context.path(options.out);
  await pipeline(lines, createWriteStream(file)).catch((error: unknown) => {
    throw new MissionError('USAGE', `The export cannot be written to ${file}: ${messageOf(error)}.`, {
      remedy: 'Name a file in a folder that is there and may be written.',
      cause: error,
    });
  });
  const { seq, hash } = head;
  await output.result(
    { file, head: { seq, hash } },
    () => `${seq} entries written to ${file}; the head is ${seq}:${hash}`,
  );
  return EXIT.ok;
}

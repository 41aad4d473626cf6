import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { MissionError, messageOf } from '../../shared/errors.ts';
import { readText } from '../audit-head-files.ts';
import { addCommand, type Call, type CliHost, option } from '../command.ts';
import { EXIT } from '../io.ts';

interface HeadOptions {
  readonly sign?: string;
  readonly out?: string;
}

interface KeygenOptions {
  readonly out: string;
}

export function addAuditHead(audit: Command, host: CliHost): void {
  addCommand<HeadOptions>(audit, host, {
    usage: 'head',
    summary: 'print where the audit trail stands, signed if you like, to be kept elsewhere',
    options: [
      option('--sign <private key>', 'sign it with this Ed25519 key (PEM)'),
      option('--out <file>', 'where to (default: standard output)'),
    ],
    examples: [
      ['mission audit head --sign audit-key.pem --out head.json', 'what a scheduled job would keep elsewhere'],
    ],
    run: head,
  });
  addCommand<KeygenOptions>(audit, host, {
    usage: 'keygen',
    summary: 'make an Ed25519 key pair to sign heads with',
    options: [option('--out <name>', 'the files: <name>.pem and <name>.pub.pem').default('audit-key')],
    run: keygen,
  });
}

async function head({ context, output, options }: Call<HeadOptions>): Promise<number> {
  const { audit } = await context.registry();
  const { seq, hash } = await audit.head();
  const signed = options.sign === undefined ? undefined : await sign(context, { seq, hash }, options.sign);
  const text = signed === undefined ? `${seq}:${hash}` : JSON.stringify(signed, null, 2);
  if (options.out === undefined) {
    await output.result(signed ?? { seq, hash }, () => text);
    return EXIT.ok;
  }
  const file = context.path(options.out);
  await writeNew(file, `${text}\n`, 'w');
  await output.result({ file, head: { seq, hash } }, () =>
    [
      `${output.palette.green('✓')} ${seq}:${hash} ${signed === undefined ? '' : 'signed, '}written to ${file}`,
      `  Keep it elsewhere. Prove the trail by it: mission audit verify --head ${options.out}${signed === undefined ? '' : ' --public-key <file>'}`,
    ].join('\n'),
  );
  return EXIT.ok;
}

async function sign(
  context: Call<HeadOptions>['context'],
  head: { readonly seq: number; readonly hash: string },
  keyFile: string,
) {
  const { signAuditHead } = await import('../../registry/audit-head.ts');
  const privateKey = await readText(context.path(keyFile), 'The private key');
  return signAuditHead(head, privateKey, { by: context.actor, at: new Date() });
}

async function keygen({ context, output, options }: Call<KeygenOptions>): Promise<number> {
  const { newAuditKey } = await import('../../registry/audit-head.ts');
  const { privateKey, publicKey, key } = newAuditKey();
  const files = {
    privateKey: context.path(`${options.out}.pem`),
    publicKey: context.path(`${options.out}.pub.pem`),
  };
  await writeNew(files.privateKey, privateKey, 'wx', 0o600);
  await writeNew(files.publicKey, publicKey, 'wx');
  await output.result({ ...files, key }, () =>
    [
      `${output.palette.green('✓')} private key ${files.privateKey}: keep it away from the database, and out of git`,
      `  public key  ${files.publicKey}: give it to whoever verifies`,
      `  ${output.palette.dim(key)}`,
    ].join('\n'),
  );
  return EXIT.ok;
}

/** A key is never overwritten: heads that it signed could not be proven any more. */
async function writeNew(file: string, text: string, flag: 'w' | 'wx', mode = 0o644): Promise<void> {
  await writeFile(file, text, { flag, mode }).catch((cause: unknown) => {
    const exists = (cause as { code?: string }).code === 'EEXIST';
    throw new MissionError(
      'USAGE',
      `${file} cannot be written: ${exists ? 'it is there already' : messageOf(cause)}.`,
      {
        remedy: exists
          ? 'Name other files with --out; keys are not overwritten.'
          : 'Name a file in a folder that is there.',
        cause,
      },
    );
  });
}

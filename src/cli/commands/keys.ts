import type { Command } from 'commander';
import { cell, tableLines } from '../../compare/render/layout.ts';
import type { KeySource } from '../../encryption/load-keyring.ts';
import { MissionError } from '../../shared/errors.ts';
import { addCommand, type Call, type CliHost, option } from '../command.ts';
import { EXIT } from '../io.ts';
import { counted } from '../words.ts';

interface NewOptions {
  readonly id?: string;
}

export function addKeys(program: Command, host: CliHost): void {
  const keys = program
    .command('keys')
    .description('the keys that payloads, recordings and regression cases are encrypted with');
  addCommand<NewOptions>(keys, host, {
    usage: 'new',
    summary: 'make a key that encrypts from now on; what earlier keys encrypted stays readable',
    options: [option('--id <id>', 'its name (default: the day, such as 2026-03-01)')],
    examples: [['mission keys new', 'into .mission/payload.keys, or printed where keys come from the environment']],
    run: make,
  });
  addCommand<object>(keys, host, {
    usage: 'list',
    summary: 'the keys, which one is active, and what needs each of them; never their secrets',
    run: list,
  });
  addCommand<object>(keys, host, {
    usage: 'rotate',
    summary: 'encrypt stored recordings anew with the active key',
    run: rotate,
  });
  addCommand<object>(keys, host, {
    usage: 'remove <id>',
    summary: 'take a key out of the key file; refused while the registry needs it',
    run: remove,
  });
}

async function make({ context, io, output, options }: Call<NewOptions>): Promise<number> {
  const [{ checkKeyId, newSecret }, { addKey }] = await Promise.all([
    import('../../encryption/keyring.ts'),
    import('../../encryption/key-file.ts'),
  ]);
  const key = { id: checkKeyId(options.id ?? new Date().toISOString().slice(0, 10)), secret: newSecret() };
  if (io.env['MISSION_PAYLOAD_KEYS']) {
    await output.result({ ...key, place: 'MISSION_PAYLOAD_KEYS' }, () => `${key.id}:${key.secret}`);
    output.note(
      'Put it in front of the others in MISSION_PAYLOAD_KEYS, separated by a comma. First behind them, where hosts are updated one by one.',
    );
    return EXIT.ok;
  }
  const file = keyFile(context, io.env);
  const keys = await addKey(file, key);
  await output.result({ id: key.id, place: file, keys: keys.map(({ id }) => id) }, () =>
    [
      `${output.palette.green('✓')} key ${key.id} is in ${file} and encrypts from now on.`,
      '  Every host and every client of these missions needs the file, or its keys in MISSION_PAYLOAD_KEYS. Without the key nothing opens: keep a copy.',
    ].join('\n'),
  );
  return EXIT.ok;
}

interface KeyRow {
  readonly id: string;
  readonly fingerprint: string | null;
  readonly active: boolean;
  readonly here: boolean;
  readonly recordings: number;
  readonly reports: number;
}

async function list({ context, io, output }: Call<object>): Promise<number> {
  const [source, keyring, use] = await Promise.all([sourceOf(context, io.env), context.keyring(), useOf(context)]);
  const rows: KeyRow[] = (keyring?.keys ?? []).map(({ id, fingerprint }) => ({
    id,
    fingerprint,
    active: id === keyring?.active.id,
    here: true,
    ...use.of(id),
  }));
  const missing = use.ids.filter((id) => !rows.some((row) => row.id === id));
  rows.push(...missing.map((id) => ({ id, fingerprint: null, active: false, here: false, ...use.of(id) })));
  const inClear = use.of(null);
  await output.result({ place: source?.place ?? null, keys: rows, inClear }, () => {
    const { palette, width } = output;
    if (rows.length === 0) return 'No keys: payloads and recordings are kept in clear. Make one with: mission keys new';
    const cells = rows.map((row) => [
      cell(row.id, palette.bold),
      cell(row.here ? (row.fingerprint ?? '') : 'not here', row.here ? palette.dim : palette.red),
      cell(row.active ? 'active' : '', palette.green),
      cell(counted(row.recordings, 'recording'), palette.dim, { align: 'right' }),
      cell(counted(row.reports, 'report'), palette.dim, { align: 'right' }),
    ]);
    const clear = inClear.recordings + inClear.reports;
    return [
      ...(source === undefined ? [] : [palette.dim(`From ${source.place}`)]),
      ...tableLines(cells, width),
      ...(clear === 0
        ? []
        : [
            palette.dim(`In clear: ${counted(inClear.recordings, 'recording')}, ${counted(inClear.reports, 'report')}`),
          ]),
      palette.dim(
        'Histories on Temporal and regression cases in git may need a key too: keep it for as long as they are kept.',
      ),
    ].join('\n');
  });
  return missing.length === 0 ? EXIT.ok : EXIT.error;
}

async function rotate({ context, output }: Call<object>): Promise<number> {
  const registry = await context.registry();
  const { keyId } = registry.vault;
  if (keyId === null) {
    throw new MissionError('USAGE', 'There are no keys, so nothing can be encrypted.', { remedy: 'mission keys new' });
  }
  const recordings = await registry.recordings.reseal();
  await output.result(
    { key: keyId, recordings },
    () => `${output.palette.green('✓')} ${counted(recordings, 'recording')} encrypted anew with the key ${keyId}.`,
  );
  return EXIT.ok;
}

async function remove({ context, io, output, args }: Call<object>): Promise<number> {
  const id = args[0] ?? '';
  const source = await sourceOf(context, io.env);
  if (source?.kind === 'environment') {
    throw new MissionError('USAGE', 'The keys come from MISSION_PAYLOAD_KEYS, which only you can change.', {
      remedy: 'Look at mission keys list first, then take the key out there.',
    });
  }
  const { recordings, reports } = (await useOf(context)).of(id);
  if (recordings + reports > 0) {
    throw new MissionError(
      'USAGE',
      `The key "${id}" is needed by ${counted(recordings, 'recording')} and ${counted(reports, 'report')}.`,
      { remedy: 'Encrypt recordings anew: mission keys rotate. Reports keep the key that they were stored with.' },
    );
  }
  const { removeKey } = await import('../../encryption/key-file.ts');
  const keys = await removeKey(keyFile(context, io.env), id);
  await output.result(
    { removed: id, keys: keys.map((key) => key.id) },
    () => `${output.palette.green('✓')} key ${id} is gone.`,
  );
  return EXIT.ok;
}

function keyFile(context: Call<object>['context'], env: NodeJS.ProcessEnv): string {
  return env['MISSION_PAYLOAD_KEYS_FILE'] || context.inside('payload.keys');
}

async function sourceOf(context: Call<object>['context'], env: NodeJS.ProcessEnv): Promise<KeySource | undefined> {
  const { findKeys } = await import('../../encryption/load-keyring.ts');
  return findKeys({ env, file: context.inside('payload.keys') });
}

/** What in the registry needs which key. A project without a registry needs none. */
async function useOf(context: Call<object>['context']) {
  const registry = await context.registry().catch((error: unknown) => {
    if ((error as { code?: unknown }).code === 'MISSION_UNKNOWN') return undefined;
    throw error;
  });
  const [recordings, reports] = await Promise.all([
    registry?.recordings.keyUse() ?? [],
    registry?.reports.keyUse() ?? [],
  ]);
  const count = (rows: typeof recordings, id: string | null) => rows.find(({ key }) => key === id)?.count ?? 0;
  const ids = [...new Set([...recordings, ...reports].flatMap(({ key }) => key ?? []))];
  return { ids, of: (id: string | null) => ({ recordings: count(recordings, id), reports: count(reports, id) }) };
}

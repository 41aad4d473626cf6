import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { cell, tableLines } from '../../compare/render/layout.ts';
import type { KeySource } from '../../encryption/load-keyring.ts';
import type { KeyUse } from '../../registry/key-use.ts';
import type { Registry } from '../../registry/registry.ts';
import type { Vault } from '../../registry/vault.ts';
import { isMissionError, MissionError } from '../../shared/errors.ts';
import { addCommand, type Call, type CliHost, option } from '../command.ts';
import type { CliContext } from '../context.ts';
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
  addCommand<CaseOptions>(keys, host, {
    usage: 'list',
    summary: 'the keys, which one is active, and what needs each of them; never their secrets',
    options: [casesOption()],
    run: list,
  });
  addCommand<CaseOptions>(keys, host, {
    usage: 'rotate',
    summary:
      'encrypt anew with the active key: recordings, reports, kept answers, shadow runs, and encrypted regression cases',
    options: [casesOption()],
    run: rotate,
  });
  addCommand<CaseOptions>(keys, host, {
    usage: 'remove <id>',
    summary: 'take a key out of the key file; refused while anything here needs it',
    options: [casesOption()],
    run: remove,
  });
}

interface CaseOptions {
  readonly dir: string;
}

const casesOption = () => option('--dir <folder>', 'where regression cases are').default('replay-fixtures');

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

interface KeyRow extends KeyedThings {
  readonly id: string;
  readonly fingerprint: string | null;
  readonly active: boolean;
  readonly here: boolean;
}

async function list(call: Call<CaseOptions>): Promise<number> {
  const { context, io, output } = call;
  const [source, keyring, use] = await Promise.all([sourceOf(context, io.env), context.keyring(), keyUse(call)]);
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
      cell(thingWords(row), palette.dim),
    ]);
    return [
      ...(source === undefined ? [] : [palette.dim(`From ${source.place}`)]),
      ...tableLines(cells, width),
      ...(sumOf(inClear) === 0 ? [] : [palette.dim(`In clear: ${thingWords(inClear)}`)]),
      palette.dim('Histories on Temporal may need a key too: keep it until their retention is over.'),
    ].join('\n');
  });
  return missing.length === 0 ? EXIT.ok : EXIT.error;
}

async function rotate({ context, output, options }: Call<CaseOptions>): Promise<number> {
  const vault = await context.vault();
  if (vault.keyId === null) {
    throw new MissionError('USAGE', 'There are no keys, so nothing can be encrypted.', { remedy: 'mission keys new' });
  }
  const registry = await registryOf(context);
  if (registry !== undefined && registry.vault.keyId !== vault.keyId) throw otherActive(registry, vault.keyId);
  const done = {
    recordings: (await registry?.recordings.reseal()) ?? 0,
    reports: (await registry?.reports.reseal()) ?? 0,
    answers: (await registry?.answers.reseal()) ?? 0,
    shadows: (await registry?.shadows.reseal()) ?? 0,
    cases: await resealCases(context.path(options.dir), vault),
  };
  await output.result({ key: vault.keyId, ...done }, () =>
    [
      `${output.palette.green('✓')} encrypted anew with the key ${vault.keyId}: ${thingWords(done)}.`,
      ...(done.cases > 0
        ? ['  Commit the cases. Those in the history of the repository still open with the old key.']
        : []),
    ].join('\n'),
  );
  return EXIT.ok;
}

/** An embedded registry is used through the process that opened it, with the keys of that time. */
function otherActive({ vault }: Registry, active: string): MissionError {
  const theirs = vault.keyId === null ? 'without keys' : `with the key "${vault.keyId}"`;
  return new MissionError(
    'USAGE',
    `The registry is open in a process that encrypts ${theirs}; the active key is "${active}" by now.`,
    { remedy: 'Stop mission dev or mission worker, start it again, then rotate.', details: { key: active } },
  );
}

async function resealCases(folder: string, vault: Vault): Promise<number> {
  if (!existsSync(folder)) return 0;
  const { resealFixtures } = await import('../../recording/reseal-fixtures.ts');
  return (await resealFixtures(folder, vault)).length;
}

async function remove(call: Call<CaseOptions>): Promise<number> {
  const { context, io, output, args } = call;
  const id = args[0] ?? '';
  const source = await sourceOf(context, io.env);
  if (source?.kind === 'environment') {
    throw new MissionError('USAGE', 'The keys come from MISSION_PAYLOAD_KEYS, which only you can change.', {
      remedy: 'Look at mission keys list first, then take the key out there.',
    });
  }
  const needed = (await keyUse(call)).of(id);
  if (sumOf(needed) > 0) {
    throw new MissionError('USAGE', `The key "${id}" is needed by ${thingWords(needed)}.`, {
      remedy:
        'Make another key active (mission keys new), encrypt them anew (mission keys rotate), then remove this one.',
      details: { id, ...needed },
    });
  }
  const { removeKey } = await import('../../encryption/key-file.ts');
  const keys = await removeKey(keyFile(context, io.env), id);
  await output.result(
    { removed: id, keys: keys.map((key) => key.id) },
    () => `${output.palette.green('✓')} key ${id} is gone.`,
  );
  return EXIT.ok;
}

function keyFile(context: CliContext, env: NodeJS.ProcessEnv): string {
  return env['MISSION_PAYLOAD_KEYS_FILE'] || context.inside('payload.keys');
}

async function sourceOf(context: CliContext, env: NodeJS.ProcessEnv): Promise<KeySource | undefined> {
  const { findKeys } = await import('../../encryption/load-keyring.ts');
  return findKeys({ env, file: context.inside('payload.keys') });
}

/** A project without a registry has nothing in it. */
function registryOf(context: CliContext): Promise<Registry | undefined> {
  return context.registry().catch((error: unknown) => {
    if (isMissionError(error, 'MISSION_UNKNOWN')) return undefined;
    throw error;
  });
}

/** Which key what needs, in the registry and among the regression cases. */
async function keyUse({ context, options }: Call<CaseOptions>) {
  const registry = await registryOf(context);
  const folder = context.path(options.dir);
  const cases = existsSync(folder)
    ? await (await import('../../recording/reseal-fixtures.ts')).keysOfFixtures(folder)
    : [];
  const nouns = [registry?.recordings, registry?.reports, registry?.answers, registry?.shadows];
  const uses = await Promise.all(nouns.map(async (noun) => (await noun?.keyUse()) ?? []));
  const [recordings, reports, answers, shadows] = uses;
  const count = (of: readonly KeyUse[] = [], id: string | null) => of.find(({ key }) => key === id)?.count ?? 0;
  const ids = uses.flat().map(({ key }) => key);
  const named = [...ids, ...cases.map(({ key }) => key)].flatMap((key) => key ?? []);
  return {
    ids: [...new Set(named)],
    of: (id: string | null): KeyedThings => ({
      recordings: count(recordings, id),
      reports: count(reports, id),
      answers: count(answers, id),
      shadows: count(shadows, id),
      cases: cases.filter(({ key }) => key === id).length,
    }),
  };
}

interface KeyedThings {
  readonly recordings: number;
  readonly reports: number;
  readonly answers: number;
  readonly shadows: number;
  readonly cases: number;
}

function sumOf({ recordings, reports, answers, shadows, cases }: KeyedThings): number {
  return recordings + reports + answers + shadows + cases;
}

function thingWords({ recordings, reports, answers, shadows, cases }: KeyedThings): string {
  const words = [
    counted(recordings, 'recording'),
    counted(reports, 'report'),
    counted(answers, 'kept answer'),
    counted(cases, 'case'),
    counted(shadows, 'shadow run'),
  ];
  return words.join(', ');
}

import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import type { Registry } from '../../registry/registry.ts';
import { isMissionError } from '../../shared/errors.ts';
import type { DoctorFinding, SelfReport, ServerFact } from '../../temporal/doctor.ts';
import { addCommand, type Call, type CliHost } from '../command.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../io.ts';
import { counted } from '../words.ts';

export function addDoctor(program: Command, host: CliHost): void {
  addCommand<object>(program, host, {
    usage: 'doctor',
    summary: 'look at this machine, this project and its servers, and say what is missing',
    run,
  });
}

async function run({ context, output, io }: Call<object>): Promise<number> {
  const [{ gatherDoctorFacts }, { diagnose }] = await Promise.all([
    import('../../temporal/doctor-facts.ts'),
    import('../../temporal/doctor.ts'),
  ]);
  const progress = output.progress('doctor');
  progress.say('looking');
  const facts = await gatherDoctorFacts({
    env: io.env,
    projectDirectory: context.root,
    registry: () => registryReport(context),
  });
  progress.end();
  const findings = [
    ...diagnose(facts),
    ...registryPlace(context, facts.server),
    ...(await keysReport(context, io.env)),
  ];
  const failed = findings.filter(({ status }) => status === 'fail').length;
  await output.result({ project: context.root, healthy: failed === 0, findings }, () =>
    [
      `Project ${context.root}`,
      ...findings.flatMap((finding) => findingLines(finding, output.palette)),
      failed === 0
        ? 'Nothing stands in the way.'
        : `${counted(failed, 'thing has', 'things have')} to be mended first.`,
    ].join('\n'),
  );
  return failed === 0 ? EXIT.ok : EXIT.error;
}

function findingLines(
  { check, status, found, remedy }: DoctorFinding,
  palette: Call<object>['output']['palette'],
): string[] {
  const mark = { ok: palette.green('✓'), warn: palette.yellow('!'), fail: palette.red('✗') }[status];
  return [
    `${mark} ${check.padEnd(20)} ${found}`,
    ...(remedy === undefined ? [] : [`  ${' '.repeat(20)} ${palette.dim(remedy)}`]),
  ];
}

async function keysReport(context: CliContext, env: NodeJS.ProcessEnv): Promise<readonly DoctorFinding[]> {
  const { keyFindings } = await import('../doctor-keys.ts');
  const file = existsSync(context.inside('redaction.key')) ? 'file' : 'none';
  const redaction = env['MISSION_REDACTION_KEY'] ? 'environment' : file;
  try {
    const { findKeys } = await import('../../encryption/load-keyring.ts');
    const source = await findKeys({ env, file: context.inside('payload.keys') });
    const count = (await context.keyring())?.keys.length ?? 0;
    const payloads = source === undefined ? undefined : { place: source.place, count };
    return keyFindings({ isShared: !context.isEmbedded, redaction, payloads });
  } catch (error) {
    if (!isMissionError(error)) throw error;
    return [{ check: 'payload keys', status: 'fail', found: error.message, remedy: error.remedy ?? '' }];
  }
}

/** One process at a time has an embedded registry; a server that was named is there for several. */
function registryPlace(context: CliContext, server: ServerFact): readonly DoctorFinding[] {
  if (!context.isEmbedded || server.kind !== 'named') return [];
  return [
    {
      check: 'registry place',
      status: 'warn',
      found: 'embedded in the project, for one process on one machine',
      remedy: 'For several workers or machines, set DATABASE_URL to a PostgreSQL 15 or later.',
    },
  ];
}

async function registryReport(context: CliContext): Promise<SelfReport> {
  if (context.isEmbedded && !existsSync(context.inside('registry', 'data'))) {
    return { ok: true, found: `none yet; the first publish makes one in ${context.inside('registry')}` };
  }
  try {
    const registry = await context.registry();
    const missions = await registry.versions.missions();
    return {
      ok: true,
      found: `${registry.place}, ${counted(missions.length, 'mission')}${await crowdedWords(registry)}`,
    };
  } catch (error) {
    // Somebody works with it, so it is well.
    if (isMissionError(error, 'REGISTRY_LOCKED')) return { ok: true, found: error.message };
    throw error;
  }
}

/** Missions whose number of versions on the Temporal server is near its limit. */
async function crowdedWords(registry: Registry): Promise<string> {
  const { SERVER_VERSIONS_MAX, SERVER_VERSIONS_WARN } = await import('../../fleet/remove-versions.ts');
  const crowded = (await registry.workers.sizes()).filter(({ versions }) => versions >= SERVER_VERSIONS_WARN);
  if (crowded.length === 0) return '';
  const list = crowded.map(({ mission, versions }) => `${mission} ${versions}`).join(', ');
  return `; near the server's limit of ${SERVER_VERSIONS_MAX} versions: ${list} (mission retire)`;
}

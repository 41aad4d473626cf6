import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import type { Registry } from '../../registry/registry.ts';
import { isMissionError } from '../../shared/errors.ts';
import type { DoctorFinding, SelfReport } from '../../temporal/doctor.ts';
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
  const findings = diagnose(facts);
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

/**
 * `npm run bench:verdicts`: mutants of four missions, each labelled by hand, are published and tried on real recorded runs.
 * Prints how many changes our replay misses, how often it flags a refactoring, and whether it names the cause; and the
 * same of Temporal's own replayer. Exits with 1 when our verdict of a mutant is not its label.
 *
 * `--only <text>` takes those whose mission and name hold it (`refund-eligibility code-`), `--json` prints one JSON object, `--redacted` replays what is recorded in
 * production: with personal values replaced. `--no-types` leaves out the check that every mutant is a program without an
 * error of types.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { type BenchMission, readSources } from './bench-mission.ts';
import { checkTypes } from './compile-mutants.ts';
import { type Laboratory, openLaboratory } from './laboratory.ts';
import { benchMissions } from './missions.ts';
import type { Mutant, Sources } from './mutant.ts';
import { type Judged, mistakeIn, scoreOf } from './score.ts';
import { describeScores } from './table.ts';
import { tryMutant } from './try-mutant.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
    redacted: { type: 'boolean', default: false },
    types: { type: 'boolean', default: true },
  },
  allowNegative: true,
});
const startedMs = performance.now();

function tell(line: string): void {
  console.error(`${((performance.now() - startedMs) / 1_000).toFixed(0).padStart(4)} s  ${line}`);
}

/** The missions and mutants that were asked for. */
function chosen(only: string | undefined): BenchMission[] {
  if (only === undefined) return [...benchMissions];
  const wanted = (mission: string, { id }: Mutant) => `${mission} ${id}`.includes(only);
  return benchMissions.flatMap((mission) => {
    const mutants = mission.mutants.filter((mutant) => wanted(mission.name, mutant));
    return mutants.length === 0 ? [] : [{ ...mission, mutants }];
  });
}

interface Task {
  readonly mission: BenchMission;
  readonly sources: Sources;
  readonly mutant: Mutant;
}

/** Such a mutant would not have come as far as a replay. */
async function refuseWrongTypes(missions: readonly BenchMission[]): Promise<void> {
  tell('checking the types of all mutants');
  const errors = await checkTypes(missions);
  if (errors.length > 0) throw new Error(`Mutants have errors of types:\n${errors.join('\n')}`);
}

/** As many mutants at a time as there are processors, each replayed in one process. */
async function judgeAll(laboratory: Laboratory, missions: readonly BenchMission[]): Promise<Judged[]> {
  const perMission = missions.map(async (mission): Promise<Task[]> => {
    const sources = await readSources(mission);
    return mission.mutants.map((mutant) => ({ mission, sources, mutant }));
  });
  const tasks = (await Promise.all(perMission)).flat();
  const judged: Judged[] = [];
  const left = tasks.entries();
  let done = 0;
  const work = async () => {
    for (const [index, { mission, sources, mutant }] of left) {
      const tried = await tryMutant(laboratory, mission, sources, mutant);
      const one = { mission: mission.name, mutant, tried };
      judged[index] = one;
      done += 1;
      tell(`${done} of ${tasks.length}  ${mission.name} ${mutant.id}: ${mistakeIn(one) ?? tried.verdict}`);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return judged;
}

Runtime.install({
  logger: new DefaultLogger('ERROR', () => undefined),
  telemetryOptions: { logging: { filter: 'OFF', forward: {} } },
});
const missions = chosen(values.only);
if (missions.length === 0) throw new Error(`No mutant is called "${values.only}".`);
if (values.types) await refuseWrongTypes(missions);
tell(`recording runs of ${missions.map(({ name }) => name).join(', ')}`);
const laboratory = await openLaboratory(missions, { redacted: values.redacted, onProgress: tell });
try {
  const judged = await judgeAll(laboratory, missions);
  const seconds = Math.round((performance.now() - startedMs) / 1_000);
  if (values.json) console.log(JSON.stringify({ seconds, score: scoreOf(judged), judged }, undefined, 2));
  else console.log(`\n${describeScores(judged)}\n\n${seconds} s`);
  if (judged.some((one) => mistakeIn(one) !== undefined)) process.exitCode = 1;
} finally {
  await laboratory.close();
}

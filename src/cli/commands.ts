/** All commands, in the groups and in the order in which help shows them. */
import type { Command } from 'commander';
import type { CliHost } from './command.ts';
import { addActivate } from './commands/activate.ts';
import { addAnswers } from './commands/answers.ts';
import { addAudit } from './commands/audit.ts';
import { addCase } from './commands/case.ts';
import { addCases } from './commands/cases.ts';
import { addCollect } from './commands/collect.ts';
import { addDebug } from './commands/debug.ts';
import { addDecide } from './commands/decide.ts';
import { addDecisions } from './commands/decisions.ts';
import { addDemo } from './commands/demo.ts';
import { addDev } from './commands/dev.ts';
import { addDiff } from './commands/diff.ts';
import { addDoctor } from './commands/doctor.ts';
import { addDown } from './commands/down.ts';
import { addDrift } from './commands/drift.ts';
import { addExplain } from './commands/explain.ts';
import { addHold, addReleaseHold, addRetire, addWake } from './commands/hosting.ts';
import { addKeys } from './commands/keys.ts';
import { addLog } from './commands/log.ts';
import { addMove } from './commands/move.ts';
import { addPublish } from './commands/publish.ts';
import { addRecordings } from './commands/recordings.ts';
import { addRegistry } from './commands/registry.ts';
import { addReplay } from './commands/replay.ts';
import { addReport } from './commands/report.ts';
import { addRetention } from './commands/retention.ts';
import { addRollback } from './commands/rollback.ts';
import { addRoute } from './commands/route.ts';
import { addRuns } from './commands/runs.ts';
import { addSchedule } from './commands/schedule.ts';
import { addShadow } from './commands/shadow.ts';
import { addShow } from './commands/show.ts';
import { addStart } from './commands/start.ts';
import { addStop } from './commands/stop.ts';
import { addTrace } from './commands/trace.ts';
import { addVersions } from './commands/versions.ts';
import { addWorker } from './commands/worker.ts';
import { addWorkers } from './commands/workers.ts';

type AddCommand = (program: Command, host: CliHost) => void;

export const COMMANDS: readonly { readonly title: string; readonly add: readonly AddCommand[] }[] = [
  { title: 'Set up:', add: [addDemo, addDoctor, addDev, addDown] },
  { title: 'Versions:', add: [addPublish, addVersions, addShow, addDiff] },
  { title: 'Hosting:', add: [addWorker, addWorkers, addRetire, addWake, addHold, addReleaseHold] },
  {
    title: 'Runs:',
    add: [
      addStart,
      addRuns,
      addMove,
      addStop,
      addSchedule,
      addDecisions,
      addDecide,
      addCollect,
      addRecordings,
      addRetention,
      addKeys,
      addTrace,
      addDebug,
      addExplain,
    ],
  },
  { title: 'Before a release:', add: [addReplay, addReport, addAnswers, addCase, addCases] },
  { title: 'Release:', add: [addActivate, addRoute, addShadow, addRollback, addDrift, addLog, addAudit, addRegistry] },
];

import type { Job } from '../proto.ts';

/** The order of the jobs of one activation, as Temporal's core sorts them (a stable sort by this number). */
export function jobOrder(job: Job): number {
  if (job.initializeWorkflow) return 0;
  if (job.notifyHasPatch) return 1;
  if (job.updateRandomSeed) return 2;
  if (job.signalWorkflow || job.doUpdate) return 3;
  if (job.resolveActivity?.isLocal) return 5;
  return 4;
}

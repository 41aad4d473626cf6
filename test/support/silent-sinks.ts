/** Sinks for bare Workers that host linked bundles: such bundles tell how runs end, and in these tests nobody listens. */
import type { InjectedSinks } from '@temporalio/worker';
import type { RunSinks } from '../../src/mission/run-interceptors.ts';

export const SILENT_SINKS: InjectedSinks<RunSinks> = {
  missionRuns: { ended: { fn: () => undefined, callDuringReplay: false } },
};

import { generateRequests } from '../../../workflows/refund-eligibility/requests.ts';
import type { WantedRun } from '../wanted-run.ts';

/** Enough that each statement of the policy decides some of them. */
const REQUESTS = 60;

export const refundRuns: readonly WantedRun[] = generateRequests(7, REQUESTS).map((input) => ({ input }));

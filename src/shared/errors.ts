import type { JsonObject } from './json.ts';

/**
 * Every condition that mission-runtime reports, once: its HTTP status, its exit code, and whether trying again can help.
 * `docs/errors.md` has a line for each; a test holds the two together.
 *
 * Exit codes: 2 = the caller's input is wrong; 4 = the environment or the stored data is.
 */
export const ERROR_CODES = {
  USAGE: { http: 400, exit: 2, retryable: false },
  CONFIG_INVALID: { http: 400, exit: 2, retryable: false },
  VERSION_REF_INVALID: { http: 400, exit: 2, retryable: false },
  MISSION_UNKNOWN: { http: 404, exit: 2, retryable: false },
  VERSION_UNKNOWN: { http: 404, exit: 2, retryable: false },
  SCHEDULE_UNKNOWN: { http: 404, exit: 2, retryable: false },
  RUN_UNKNOWN: { http: 404, exit: 2, retryable: false },
  REPORT_UNKNOWN: { http: 404, exit: 2, retryable: false },
  COHORT_CHANGED: { http: 409, exit: 3, retryable: false },
  RECORDING_UNKNOWN: { http: 404, exit: 2, retryable: false },
  INPUT_INVALID: { http: 400, exit: 2, retryable: false },
  MISSION_SOURCE_MISSING: { http: 400, exit: 2, retryable: false },
  MISSION_BUNDLE_FAILED: { http: 400, exit: 2, retryable: false },
  DEFINITION_INVALID: { http: 400, exit: 2, retryable: false },
  POLICY_INVALID: { http: 400, exit: 2, retryable: false },
  HISTORY_INVALID: { http: 400, exit: 2, retryable: false },
  FIXTURE_INVALID: { http: 400, exit: 2, retryable: false },
  ARTIFACT_UNKNOWN: { http: 404, exit: 2, retryable: false },
  ARTIFACT_CORRUPT: { http: 500, exit: 4, retryable: false },
  ARTIFACT_LOAD_FAILED: { http: 500, exit: 4, retryable: false },
  RUN_FAILED: { http: 409, exit: 1, retryable: false },
  RUN_REFUSED: { http: 409, exit: 2, retryable: false },
  ACTIVATION_REFUSED: { http: 409, exit: 1, retryable: false },
  NO_ACTIVE_VERSION: { http: 409, exit: 2, retryable: false },
  VERSION_IN_USE: { http: 409, exit: 2, retryable: false },
  VERSION_NOT_HOSTED: { http: 503, exit: 4, retryable: true },
  ROUTE_CONFLICT: { http: 409, exit: 4, retryable: true },
  REPLAY_NOT_HOSTED: { http: 503, exit: 4, retryable: true },
  REPLAY_FAILED: { http: 502, exit: 4, retryable: false },
  IMMUTABLE: { http: 409, exit: 4, retryable: false },
  REGISTRY_LOCKED: { http: 503, exit: 4, retryable: true },
  REGISTRY_SCHEMA_MISMATCH: { http: 503, exit: 4, retryable: false },
  REGISTRY_UNAVAILABLE: { http: 503, exit: 4, retryable: true },
  REGISTRY_WENT_BACK: { http: 503, exit: 4, retryable: false },
  REGISTRY_WRITE_FAILED: { http: 507, exit: 4, retryable: true },
  AUDIT_BROKEN: { http: 500, exit: 4, retryable: false },
  ENCRYPTION_KEY_MISSING: { http: 500, exit: 4, retryable: false },
  ENCRYPTED_DATA_INVALID: { http: 500, exit: 4, retryable: false },
  TEMPORAL_UNAVAILABLE: { http: 503, exit: 4, retryable: true },
  TEMPORAL_SERVER_MISSING: { http: 503, exit: 4, retryable: false },
  TOOL_UNKNOWN: { http: 400, exit: 4, retryable: false },
  TOOL_INPUT_INVALID: { http: 400, exit: 4, retryable: false },
  TOOL_OUTPUT_INVALID: { http: 502, exit: 4, retryable: false },
  MODEL_REQUEST_REJECTED: { http: 502, exit: 4, retryable: false },
  MODEL_OUTPUT_INVALID: { http: 502, exit: 4, retryable: false },
  MODEL_UNAVAILABLE: { http: 503, exit: 4, retryable: true },
  MODEL_PROVIDER_UNKNOWN: { http: 400, exit: 4, retryable: false },
  DEBUG_FAILED: { http: 500, exit: 4, retryable: false },
  INTERNAL: { http: 500, exit: 4, retryable: false },
} as const satisfies Record<string, { http: number; exit: 1 | 2 | 3 | 4; retryable: boolean }>;

export type ErrorCode = keyof typeof ERROR_CODES;

export interface MissionErrorOptions {
  /** What the reader should do next: one or two sentences. */
  readonly remedy?: string;
  /** Facts for machines: names, paths, numbers. Never secrets. */
  readonly details?: JsonObject;
  readonly cause?: unknown;
}

/**
 * The one error class of mission-runtime. Branch on `code`, never on `instanceof`: errors cross the sandbox's realm.
 * The message says what is wrong and where; the remedy says what to do.
 */
export class MissionError extends Error {
  override readonly name = 'MissionError';
  readonly code: ErrorCode;
  readonly remedy: string | undefined;
  readonly details: JsonObject;

  constructor(code: ErrorCode, message: string, options: MissionErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.remedy = options.remedy;
    this.details = options.details ?? {};
  }
}

/** Whether an error of any realm is a {@link MissionError}, optionally with one certain code. */
export function isMissionError(error: unknown, code?: ErrorCode): error is MissionError {
  if (typeof error !== 'object' || error === null || (error as { name?: unknown }).name !== 'MissionError')
    return false;
  return code === undefined || (error as { code?: unknown }).code === code;
}

/** What was thrown, as an error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'message' in error) return String(error.message);
  return String(error);
}

/** The same with what to do about it, where that is known. */
export function withRemedy(error: Error): string {
  return isMissionError(error) && error.remedy !== undefined ? `${error.message} ${error.remedy}` : error.message;
}

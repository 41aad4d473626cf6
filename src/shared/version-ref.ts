import { MissionError } from './errors.ts';

/** Names one version of one mission: `refund-eligibility@3`. */
export interface VersionRef {
  readonly mission: string;
  readonly number: number;
}

/** What a mission may be called: it becomes a workflow type, a deployment name, a folder and a URL segment. */
export const MISSION_NAME = /^[a-z][a-z0-9-]{0,62}$/;

/** `refund-eligibility@3`. */
export function formatVersionRef(ref: VersionRef): string {
  return `${ref.mission}@${ref.number}`;
}

const REF = /^(?:([a-z][a-z0-9-]{0,62}))?@([1-9][0-9]{0,8})$/;

/** Whether a text is `refund-eligibility@3`, the mission named. */
export function isVersionRef(text: string): boolean {
  return REF.exec(text)?.[1] !== undefined;
}

/**
 * Reads `refund-eligibility@3`, or `@3` where the mission is known from elsewhere.
 *
 * @throws MissionError `VERSION_REF_INVALID` when the text has another form.
 */
export function parseVersionRef(text: string, mission?: string): VersionRef {
  const match = REF.exec(text.includes('@') ? text : `@${text}`);
  const name = match?.[1] ?? mission;
  if (match === null || name === undefined) {
    throw new MissionError('VERSION_REF_INVALID', `"${text}" does not name a version.`, {
      remedy: 'Write mission@number, for example refund-eligibility@3.',
      details: { text },
    });
  }
  return { mission: name, number: Number(match[2]) };
}

/**
 * Reads a version of a mission that is named beside it: `@3`, `3` or `refund-eligibility@3`.
 *
 * @throws MissionError `VERSION_REF_INVALID` when the text has another form, `USAGE` when it names a version of another mission.
 */
export function parseVersionOf(mission: string, text: string): VersionRef {
  return versionOf(mission, parseVersionRef(text, mission));
}

/**
 * The same version, if it is one of the mission's.
 *
 * @throws MissionError `USAGE` when it is another mission's.
 */
export function versionOf(mission: string, ref: VersionRef): VersionRef {
  if (ref.mission === mission) return ref;
  throw new MissionError('USAGE', `${formatVersionRef(ref)} is a version of ${ref.mission}, not of ${mission}.`, {
    remedy: `Nothing was done. Name a version of ${mission}: mission versions ${mission} lists them.`,
    details: { mission, version: formatVersionRef(ref) },
  });
}

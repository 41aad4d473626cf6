/** Words and errors that several commands share. */
import { MissionError } from '../shared/errors.ts';

/** `2026-03-01 12:00`, in UTC. */
export function atMinute(instant: string | Date): string {
  const text = typeof instant === 'string' ? instant : instant.toISOString();
  return text.slice(0, 16).replace('T', ' ');
}

/** `1 run`, `3 runs`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

export function missionUnknown(mission: string): MissionError {
  return new MissionError('MISSION_UNKNOWN', `The registry has no mission "${mission}".`, {
    remedy: `mission versions lists what is there; mission publish ${mission} makes its first version.`,
    details: { mission },
  });
}

/** Runs that were listed although what is written on them cannot be read here. @param why - of the first one, and what to do */
export function unreadableRuns(count: number, why: string): string {
  return `${count === 1 ? '1 run has a memo' : `${count} runs have memos`} that cannot be read here. ${why}`;
}

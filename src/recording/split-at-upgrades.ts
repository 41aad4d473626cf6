import { shortDigest } from '../shared/digest.ts';
import { stampOf } from './build-recording.ts';
import { deployedBuilds } from './deployed-builds.ts';
import type { History } from './recording.ts';

/**
 * Cuts a chain where a link went on as another version than its stamp and the link before it say: what comes then was decided
 * by other code on an input of its own, so it is a recording of its own.
 */
export function splitAtUpgrades(histories: readonly History[]): History[][] {
  const parts: History[][] = [];
  for (const history of histories) {
    const part = parts.at(-1);
    const before = part?.at(-1);
    if (part === undefined || before === undefined || isUpgrade(before, history)) parts.push([history]);
    else part.push(history);
  }
  return parts;
}

function isUpgrade(before: History, after: History): boolean {
  const last = deployedBuilds([before]).at(-1)?.buildId;
  const [first] = deployedBuilds([after]);
  // A link that no worker took on yet says by its stamp where it is meant to go.
  const stamp = stampOf(after);
  const next = first?.buildId ?? (stamp === undefined ? undefined : shortDigest(stamp.artifact));
  return last !== undefined && next !== undefined && last !== next;
}

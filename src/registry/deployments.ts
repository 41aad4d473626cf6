/**
 * How missions are called on the Temporal server: the name of a mission's worker deployment is a prefix and the mission's
 * name. The prefix is settled when the mission is first published; whoever starts, hosts or moves runs reads it here, so all
 * processes agree.
 */
import * as z from 'zod';
import { MissionError } from '../shared/errors.ts';
import type { SqlSession } from './sql.ts';

/** `production/`: letters, digits, `-`, `_` and `/`; its end cannot be taken for a part of a mission's name. */
const PREFIX = /^(?:[A-Za-z0-9][A-Za-z0-9_/-]{0,98}[/_])?$/;

const missionRow = z.object({ name: z.string(), prefix: z.string() });

export interface Deployments {
  /**
   * The worker deployment of a mission: `production/refund-eligibility`. Of a mission that is not there yet, what it would be.
   *
   * @throws MissionError `CONFIG_INVALID` when this process was given another prefix than the mission has.
   */
  nameOf(mission: string): Promise<string>;
}

export interface DeploymentsContext {
  readonly sql: SqlSession;
  /** As this process was given it; `undefined` goes by the registry. */
  readonly deploymentPrefix: string | undefined;
}

/** Names are kept in memory once they are known: they never change. */
export function createDeployments({ sql, deploymentPrefix }: DeploymentsContext): Deployments {
  const known = new Map<string, string>();
  return {
    nameOf: async (mission) => {
      const held = known.get(mission);
      if (held !== undefined) return held;
      const [row] = await sql.query(
        `SELECT name, deployment_prefix AS prefix FROM mission.missions
         ORDER BY (name = $1) DESC, created_at DESC, name DESC LIMIT 1`,
        [mission],
      );
      const { name = '', prefix = '' } = row === undefined ? {} : missionRow.parse(row);
      if (name !== mission) return `${deploymentPrefix ?? prefix}${mission}`;
      if (deploymentPrefix !== undefined && deploymentPrefix !== prefix)
        throw otherPrefix(mission, prefix, deploymentPrefix);
      known.set(mission, `${prefix}${mission}`);
      return `${prefix}${mission}`;
    },
  };
}

/** The mission of a worker deployment's name: no mission's name holds what a prefix ends with. */
export function missionOfDeployment(deploymentName: string): string {
  return deploymentName.slice(Math.max(deploymentName.lastIndexOf('/'), deploymentName.lastIndexOf('_')) + 1);
}

/**
 * The prefix of the environment, checked.
 *
 * @param text - empty counts as not given
 * @throws MissionError `CONFIG_INVALID` when no deployment could be called that.
 */
export function readDeploymentPrefix(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined;
  if (PREFIX.test(text)) return text;
  throw new MissionError('CONFIG_INVALID', `The prefix of worker deployments is "${text}".`, {
    remedy: 'MISSION_DEPLOYMENT_PREFIX takes letters, digits, -, _ and /, and ends with / or _, such as "production/".',
    details: { prefix: text },
  });
}

function otherPrefix(mission: string, kept: string, given: string): MissionError {
  return new MissionError(
    'CONFIG_INVALID',
    `The worker deployment of ${mission} is "${kept}${mission}", and MISSION_DEPLOYMENT_PREFIX asks for "${given}${mission}".`,
    {
      remedy:
        'The name is settled when a mission is first published, and kept in the registry. Leave the variable out: it is needed for the first publish alone.',
      details: { mission, kept, given },
    },
  );
}

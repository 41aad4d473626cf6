/**
 * The server follows the route (DESIGN.md, decision 7): the deployment's current version is the version that most new runs
 * get, so plain Temporal clients, schedules and other SDKs land right too.
 *
 * Any number of fleets do this, and whoever rolls back. Each sets what the registry says now, so they agree, and setting it
 * twice changes nothing.
 */

import { asError } from '../shared/errors.ts';
import {
  type DeploymentPlace,
  deploymentVersionOf,
  describeDeployment,
  setCurrentVersion,
} from '../temporal/worker-deployments.ts';
import type { FleetEvent } from './fleet-event.ts';
import type { MissionFacts } from './plan-fleet.ts';

/** `unknown`: no worker of it ever polled, so the server does not let it be set. */
export type Followed = 'set' | 'same' | 'unknown';

/** Makes an artifact the one that runs without a pin of ours land on. */
export async function followDefault(
  place: DeploymentPlace,
  deploymentName: string,
  artifact: string,
): Promise<Followed> {
  const version = deploymentVersionOf(deploymentName, artifact);
  const deployment = await describeDeployment(place, deploymentName);
  const isKnown = deployment?.versions.some(({ buildId }) => buildId === version.buildId) ?? false;
  if (!isKnown) return 'unknown';
  if (deployment?.currentBuildId === version.buildId) return 'same';
  return (await setCurrentVersion(place, version)) ? 'set' : 'unknown';
}

export class DefaultFollower {
  readonly #place: DeploymentPlace;
  readonly #emit: (event: FleetEvent) => void;
  /** Mission → what went wrong last, so that it is told once. */
  readonly #complaints = new Map<string, string>();

  constructor(place: DeploymentPlace, emit: (event: FleetEvent) => void) {
    this.#place = place;
    this.#emit = emit;
  }

  /** Never rejects: hosting goes on when the server does not let its default be set. */
  async follow(facts: readonly MissionFacts[]): Promise<void> {
    await Promise.all(facts.map((mission) => this.#followOne(mission)));
  }

  async #followOne({ mission, deployment, defaultVersion }: MissionFacts): Promise<void> {
    if (defaultVersion === undefined) return;
    try {
      // A version that never had a worker is set at a later look, when it has one.
      const followed = await followDefault(this.#place, deployment, defaultVersion.artifact);
      if (followed === 'set') this.#emit({ kind: 'default', mission, version: defaultVersion.number });
      this.#complaints.delete(mission);
    } catch (error) {
      this.#complain(mission, asError(error));
    }
  }

  #complain(mission: string, error: Error): void {
    if (this.#complaints.get(mission) === error.message) return;
    this.#complaints.set(mission, error.message);
    this.#emit({ kind: 'default-refused', mission, error });
  }
}

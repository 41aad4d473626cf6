/**
 * The server follows the route (DESIGN.md, decision 7): the deployment's current version is the version that most new runs
 * get, so plain Temporal clients, schedules and other SDKs land right too.
 *
 * Any number of fleets do this. Each sets what the registry says now, so they agree, and setting it twice changes nothing.
 */

import {
  type DeploymentPlace,
  deploymentVersionOf,
  describeDeployment,
  setCurrentVersion,
} from '../temporal/worker-deployments.ts';
import type { FleetEvent } from './fleet-event.ts';
import type { MissionFacts } from './plan-fleet.ts';

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

  async #followOne({ mission, deployment: name, defaultVersion }: MissionFacts): Promise<void> {
    if (defaultVersion === undefined) return;
    try {
      const version = deploymentVersionOf(name, defaultVersion.artifact);
      const deployment = await describeDeployment(this.#place, name);
      // A version that never had a worker is unknown to the server: it is set at a later look, when it has one.
      const isKnown = deployment?.versions.some(({ buildId }) => buildId === version.buildId) ?? false;
      if (isKnown && deployment?.currentBuildId !== version.buildId && (await setCurrentVersion(this.#place, version)))
        this.#emit({ kind: 'default', mission, version: defaultVersion.number });
      this.#complaints.delete(mission);
    } catch (error) {
      this.#complain(mission, error instanceof Error ? error : new Error(String(error)));
    }
  }

  #complain(mission: string, error: Error): void {
    if (this.#complaints.get(mission) === error.message) return;
    this.#complaints.set(mission, error.message);
    this.#emit({ kind: 'default-refused', mission, error });
  }
}

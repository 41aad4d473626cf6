/**
 * Makes the Temporal server forget versions that nothing needs, so that its limit of versions per deployment stays far. The
 * server refuses while a version drains, or was polled within minutes; then it is asked again later.
 *
 * Any number of fleets do this: one of them is answered `deleted`, and puts it on the record.
 */
import type { Registry } from '../registry/registry.ts';
import { shortDigest } from '../shared/digest.ts';
import {
  type DeployedVersion,
  type Deployment,
  type DeploymentPlace,
  deleteVersion,
  describeDeployment,
} from '../temporal/worker-deployments.ts';
import type { FleetEvent } from './fleet-event.ts';
import type { FleetPlan, MissionFacts } from './plan-fleet.ts';

/** The server's own limit, as it comes. */
export const SERVER_VERSIONS_MAX = 100;
/** From here on it is told, in events, by `mission versions` and by `mission doctor`. */
export const SERVER_VERSIONS_WARN = 80;

const LOOK_EVERY_MS = 30_000;
const ASK_AGAIN_MS = 60_000;

export class Remover {
  readonly #registry: Registry;
  readonly #place: DeploymentPlace;
  readonly #emit: (event: FleetEvent) => void;
  readonly #now: () => number;
  /** Mission → when it was looked at; build id → when the server refused. Milliseconds. */
  readonly #lookedAt = new Map<string, number>();
  readonly #refusedAt = new Map<string, number>();
  /** Mission → how many versions the server knew, so that each number is told once. */
  readonly #known = new Map<string, number>();

  constructor(
    registry: Registry,
    place: DeploymentPlace,
    emit: (event: FleetEvent) => void,
    now: () => number = Date.now,
  ) {
    this.#registry = registry;
    this.#place = place;
    this.#emit = emit;
    this.#now = now;
  }

  /** Never rejects: what fails is tried again at a later look. */
  async follow(facts: readonly MissionFacts[], plan: FleetPlan): Promise<void> {
    const due = facts.filter(({ mission }) => this.#now() - (this.#lookedAt.get(mission) ?? 0) >= LOOK_EVERY_MS);
    await Promise.all(due.map((mission) => this.#look(mission, plan).catch(() => undefined)));
  }

  async #look(facts: MissionFacts, plan: FleetPlan): Promise<void> {
    const { mission } = facts;
    this.#lookedAt.set(mission, this.#now());
    const deployment = await describeDeployment(this.#place, facts.deployment);
    if (deployment === undefined) return;
    const known = deployment.versions.length;
    await this.#registry.workers.reportSize(mission, known);
    const before = this.#known.get(mission);
    this.#known.set(mission, known);
    if (known >= SERVER_VERSIONS_WARN && known !== before) {
      this.#emit({ kind: 'crowded', mission, known, limit: SERVER_VERSIONS_MAX });
    }
    const live = await this.#registry.workers.live(mission);
    const hosted = live.flatMap((worker) => worker.hosted.map(({ artifact }) => artifact));
    const needed = [...hosted, ...plan.wanted.map(({ artifact }) => artifact)];
    for (const [artifact, version] of removable(facts, deployment, needed))
      await this.#remove(facts, artifact, version);
  }

  async #remove(facts: MissionFacts, artifact: string, version: DeployedVersion): Promise<void> {
    const name = `${version.deploymentName}:${version.buildId}`;
    if (this.#now() - (this.#refusedAt.get(name) ?? 0) < ASK_AGAIN_MS) return;
    const answer = await deleteVersion(this.#place, version);
    if (answer === 'refused') this.#refusedAt.set(name, this.#now());
    if (answer !== 'deleted') return;
    const { mission } = facts;
    const numbers = facts.versions.filter((one) => one.artifact === artifact).map(({ number }) => number);
    const reason = 'nothing needs it: no traffic, no open runs, no hold, and not among what is kept warm';
    const last = numbers.at(-1) ?? 0;
    await this.#registry.hosting.order({ mission, version: last, action: 'remove', by: 'fleet', reason });
    this.#emit({ kind: 'removed', mission, versions: numbers });
  }
}

/** What of ours the server may be asked to forget. Pure. */
export function removable(
  { versions }: Pick<MissionFacts, 'versions'>,
  deployment: Deployment,
  needed: readonly string[],
): [artifact: string, version: DeployedVersion][] {
  const byBuild = new Map(versions.map(({ artifact }) => [shortDigest(artifact), artifact]));
  return deployment.versions.flatMap((version): [string, DeployedVersion][] => {
    const artifact = byBuild.get(version.buildId);
    const isIdle = version.status === 'inactive' || version.status === 'drained';
    return artifact === undefined || !isIdle || needed.includes(artifact) ? [] : [[artifact, version]];
  });
}

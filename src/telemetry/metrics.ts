/**
 * What is measured, as a table, and the calls that measure. Nothing is kept, and nothing costs more than a comparison,
 * until a backend is installed (`prometheus.ts`).
 *
 * Invariants
 * 1. Every metric is in the table, and nothing else can be measured; docs/observability.md lists the same.
 * 2. Labels come from definitions, versions and fixed lists, never from inputs, ids or messages: their number is bounded
 *    by what is published.
 */

interface MetricSpec {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
}

export const METRICS = {
  mission_starts_total: {
    kind: 'counter',
    help: 'Runs started, by what the route decided by: rule or weight.',
    labels: ['mission', 'version', 'reason'],
  },
  mission_start_failures_total: {
    kind: 'counter',
    help: 'Starts that were refused or failed, by error code.',
    labels: ['mission', 'code'],
  },
  mission_start_seconds: {
    kind: 'histogram',
    help: 'From the call to the server having the run.',
    labels: ['mission'],
  },
  mission_runs_ended_total: {
    kind: 'counter',
    help: 'Runs that ended on a worker of this process; continued is a continue-as-new.',
    labels: ['mission', 'version', 'status'],
  },
  mission_step_seconds: {
    kind: 'histogram',
    help: 'Attempts of steps on this process; step is the name of the prompt or tool.',
    labels: ['mission', 'version', 'step', 'kind', 'outcome'],
  },
  mission_model_tokens_total: {
    kind: 'counter',
    help: 'Tokens of model steps, by direction: input, output, or reasoning, which is a part of output.',
    labels: ['mission', 'model', 'direction'],
  },
  mission_shadow_runs_total: {
    kind: 'counter',
    help: 'Shadow runs that this process started (result started), could not start (not-started), or counted: matched, changed, diverged, unanswered, failed, excluded.',
    labels: ['mission', 'version', 'result'],
  },
  mission_shadow_model_tokens_total: {
    kind: 'counter',
    help: 'Tokens of model steps of shadow runs, by direction, as of real runs.',
    labels: ['mission', 'model', 'direction'],
  },
  mission_router_age_seconds: {
    kind: 'gauge',
    help: 'Since the registry last confirmed the route that this process goes by.',
    labels: ['mission'],
  },
  mission_route_revision: {
    kind: 'gauge',
    help: 'The revision of the route that this process goes by.',
    labels: ['mission'],
  },
  mission_hosted_artifacts: {
    kind: 'gauge',
    help: 'Artifacts that this process hosts, by state of their worker.',
    labels: ['mission', 'state'],
  },
  mission_unhosted_artifacts: {
    kind: 'gauge',
    help: 'Artifacts with traffic, open runs or a hold that no process of any machine is ready for. Looked at every 10 seconds.',
    labels: ['mission'],
  },
  mission_worker_failures_total: {
    kind: 'counter',
    help: 'Workers of this process that failed; each is started again.',
    labels: ['mission'],
  },
  mission_blind_looks_total: {
    kind: 'counter',
    help: 'Looks at registry or server that failed, after which hosting goes on as before.',
    labels: [],
  },
  mission_recordings_total: {
    kind: 'counter',
    help: 'Ended runs that this process looked at to record them, by what became of them: stored, known, sampled-out, open, failed.',
    labels: ['status'],
  },
  mission_drift: {
    kind: 'gauge',
    help: 'What the latest look at drift found, by any process: 1 for none, version, world, both or unclear. Asked every 30 seconds.',
    labels: ['mission', 'verdict'],
  },
  mission_drift_looks_total: {
    kind: 'counter',
    help: 'Looks at drift of this process, by what they found: none, version, world, both, unclear; failed where it could not be told.',
    labels: ['mission', 'verdict'],
  },
  mission_decisions_open: {
    kind: 'gauge',
    help: 'Questions that wait for a person, 1,000 at most. Counted every 30 seconds.',
    labels: ['mission'],
  },
  mission_up: {
    kind: 'gauge',
    help: 'Whether a part answered the last readiness check: registry, temporal.',
    labels: ['part'],
  },
  mission_ready: {
    kind: 'gauge',
    help: 'Whether this process is ready, as /readyz says.',
    labels: [],
  },
  mission_series_dropped_total: {
    kind: 'counter',
    help: 'Measurements left out because their metric has 5,000 sets of labels.',
    labels: ['metric'],
  },
} as const satisfies Record<string, MetricSpec>;

export type MetricName = keyof typeof METRICS;
export type MetricsOf<Kind extends MetricSpec['kind']> = {
  [Name in MetricName]: (typeof METRICS)[Name]['kind'] extends Kind ? Name : never;
}[MetricName];
export type LabelsOf<Name extends MetricName> = Readonly<Record<(typeof METRICS)[Name]['labels'][number], string>>;

/** One value of a gauge. */
export interface Sample<Name extends MetricName = MetricName> {
  readonly labels: LabelsOf<Name>;
  readonly value: number;
}

/** Keeps what is measured. */
export interface MetricsBackend {
  record(metric: MetricName, labels: Readonly<Record<string, string>>, value: number): void;
}

/** Asked when metrics are read. What cannot answer has no values then. */
export type GaugeSource = () => readonly Sample[] | Promise<readonly Sample[]>;

let backend: MetricsBackend | undefined;
const sources = new Map<GaugeSource, MetricsOf<'gauge'>>();

/** Measurements go there from now on. @returns takes it away again */
export function installBackend(made: MetricsBackend): () => void {
  backend = made;
  return () => {
    if (backend === made) backend = undefined;
  };
}

/** Adds to a counter. */
export function count<Name extends MetricsOf<'counter'>>(metric: Name, labels: LabelsOf<Name>, by = 1): void {
  backend?.record(metric, labels, by);
}

/** Adds one duration, in seconds, to a histogram. */
export function observeSeconds<Name extends MetricsOf<'histogram'>>(
  metric: Name,
  labels: LabelsOf<Name>,
  seconds: number,
): void {
  backend?.record(metric, labels, seconds);
}

/**
 * Gives a gauge a source of values. Several sources of one gauge add up.
 *
 * @returns takes the source away again
 */
export function provideGauge<Name extends MetricsOf<'gauge'>>(
  metric: Name,
  read: () => readonly Sample<Name>[] | Promise<readonly Sample<Name>[]>,
): () => void {
  const source = read as GaugeSource;
  sources.set(source, metric);
  return () => void sources.delete(source);
}

/** The sources that a gauge has now. */
export function sourcesOf(metric: MetricsOf<'gauge'>): readonly GaugeSource[] {
  return [...sources].filter(([, name]) => name === metric).map(([source]) => source);
}

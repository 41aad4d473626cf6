/** What a router tells of itself when metrics are read. */
import { provideGauge } from '../telemetry/metrics.ts';
import type { Router } from './router.ts';

/** @returns ends it */
export function observeRouter(router: Pick<Router, 'missions'>): () => void {
  const ends = [
    provideGauge('mission_router_age_seconds', () =>
      router.missions().map(({ mission, ageMs }) => ({ labels: { mission }, value: ageMs / 1_000 })),
    ),
    provideGauge('mission_route_revision', () =>
      router.missions().map(({ mission, revision }) => ({ labels: { mission }, value: revision })),
    ),
  ];
  return () => {
    for (const end of ends) end();
  };
}

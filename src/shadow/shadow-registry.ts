import type { Registry } from '../registry/registry.ts';

/** What of a registry following shadows takes. */
export type ShadowRegistry = Pick<
  Registry,
  'shadows' | 'artifacts' | 'routes' | 'versions' | 'deployments' | 'interventions' | 'collection' | 'retention'
>;

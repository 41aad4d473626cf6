/** What has to be redacted in a run: what the versions that made it declare. */
import type { Registry } from '../registry/registry.ts';
import type { RedactionSchemas } from './declared-values.ts';
import type { Maker } from './find-makers.ts';
import type { History } from './recording.ts';
import { redactHistories } from './redact-history.ts';

export type SchemaSource = (makers: readonly Maker[]) => Promise<readonly RedactionSchemas[]>;

interface SchemaOptions {
  readonly registry: Pick<Registry, 'artifacts'>;
  /** Instead of what the artifacts declare. */
  readonly schemas?: RedactionSchemas | undefined;
}

/** Replaces what any of the versions declares: a run that was moved has values of both. */
export function redactByAll(
  histories: readonly History[],
  key: Uint8Array,
  all: readonly RedactionSchemas[],
): readonly History[] {
  if (all.length === 0) return redactHistories(histories, { key });
  return all.reduce<readonly History[]>((done, schemas) => redactHistories(done, { key, schemas }), histories);
}

/** The declarations of the versions that made a run, each artifact read once. */
export function schemaSource({ registry, schemas }: SchemaOptions): SchemaSource {
  const byArtifact = new Map<string, Promise<RedactionSchemas>>();
  return async (makers) => {
    if (schemas !== undefined) return [schemas];
    return Promise.all(
      makers.map(({ artifact }) => {
        const definition =
          byArtifact.get(artifact) ?? registry.artifacts.get(artifact).then((found) => found.definition);
        byArtifact.set(artifact, definition);
        return definition;
      }),
    );
  };
}

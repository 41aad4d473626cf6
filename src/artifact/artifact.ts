/** An artifact: definition and code, bundled, content-addressed, portable (DESIGN.md, decision 2). */
import type { MissionDefinition } from '../mission/definition.ts';
import type { Digest } from '../shared/digest.ts';

export interface ArtifactCode {
  /** The author's workflow code and the mission kit, one CommonJS module; `@temporalio/*` and the library are linked at load. */
  readonly workflow: string;
  /** Pure libraries that the workflow code uses (zod), one CommonJS module: evaluated once and shared by runs. */
  readonly library: string;
  /** The author's activity code for node, one CommonJS module; `@temporalio/*` and `mission-runtime/activity` are linked at load. */
  readonly activity: string;
}

export interface Artifact {
  /** SHA-256 over {@link ArtifactCode} and the definition: what is executed, and nothing else. */
  readonly digest: Digest;
  readonly mission: string;
  readonly definition: MissionDefinition;
  readonly code: ArtifactCode;
  /** Author's source files, path relative to the project → text: for `mission diff`, not for execution. */
  readonly sources: Readonly<Record<string, string>>;
  /** Source maps of the two code bundles, for stack traces and breakpoints. */
  readonly sourceMaps: { readonly workflow: string; readonly activity: string };
  /** Versions of everything that took part in the build: `node`, `@temporalio/workflow`, `zod`, `esbuild`, … */
  readonly builtWith: Readonly<Record<string, string>>;
}

import type { Artifact } from '../artifact/artifact.ts';
import type { MissionDefinition } from '../mission/definition.ts';

/** The code that a run is debugged with. */
export interface Program {
  /** `refund-eligibility@2`, `the working tree`, or a path of plain workflows. */
  readonly name: string;
  readonly bundle: { readonly code: string };
  /** Absent for plain Temporal workflows. */
  readonly definition: MissionDefinition | undefined;
  /** For breakpoints in the author's source. */
  readonly artifact?: Artifact | undefined;
}

import type { Json } from '../shared/json.ts';

/** One typed change between two JSON values, at a JSON Pointer (RFC 6901) into them. */
export interface Difference {
  /** `''` is the whole value. For `removed` it points into the baseline, otherwise into the candidate. */
  readonly pointer: string;
  readonly kind: 'changed' | 'type-changed' | 'added' | 'removed' | 'moved';
  readonly baseline?: Json;
  readonly candidate?: Json;
  /** For `moved`: where it stood in the baseline. */
  readonly from?: string;
  /** The values differ somewhere below, but too much, too deep or too large to say where: a limit was reached. */
  readonly coarse?: true;
}

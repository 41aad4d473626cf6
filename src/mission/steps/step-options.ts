/** Options that every step takes. */
export interface StepOptions {
  /** A stable id of the author's own, unique in the run. @default `<name>#<ordinal>` */
  readonly id?: string;
}

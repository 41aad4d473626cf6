import { createHash } from 'node:crypto';

/** What the back office has done, by idempotency key: asked twice with one key, it acts once. */
export class Ledger {
  readonly #references = new Map<string, string>();

  /** @returns the reference of the act, the same one for the same key. */
  record(kind: string, idempotencyKey: string): string {
    const known = this.#references.get(idempotencyKey);
    if (known !== undefined) return known;
    const digest = createHash('sha256').update(idempotencyKey).digest('hex').slice(0, 10).toUpperCase();
    const reference = `${kind}-${digest}`;
    this.#references.set(idempotencyKey, reference);
    return reference;
  }

  /** How many different acts there were. */
  get size(): number {
    return this.#references.size;
  }
}

/** The real time that a replay may use. What it waits for others to answer does not count. */
export class Deadline {
  readonly #now: () => number;
  #endMs: number;

  /** @param now a clock in milliseconds */
  constructor(limitMs: number, now: () => number = Date.now) {
    this.#now = now;
    this.#endMs = now() + limitMs;
  }

  get isOver(): boolean {
    return this.#now() > this.#endMs;
  }

  async whileWaiting<Value>(answer: Promise<Value>): Promise<Value> {
    const sinceMs = this.#now();
    try {
      return await answer;
    } finally {
      this.#endMs += this.#now() - sinceMs;
    }
  }
}

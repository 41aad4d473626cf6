/** What asking again has cost so far, and whether it may go on: one meter for all that is asked in one replay. */
import type { LiveUse } from '../compare/report.ts';
import type { ReplayPolicy } from '../gate/policy.ts';

export interface MeterOptions {
  readonly limits: Pick<ReplayPolicy['limits'], 'liveCalls' | 'liveTokens' | 'liveCost'>;
  readonly prices?: ReplayPolicy['prices'];
}

/** Why a question is not asked, and what to do about it. */
export interface Refusal {
  readonly refused: string;
  readonly remedy: string;
}

export interface LiveMeter {
  /**
   * Takes one call from the budget, or says why not. What it may use is set aside until it has been {@link LiveMeter.spend | spent}.
   *
   * @param model the model that is asked; absent for a tool
   * @param inputTokens about how many are sent
   */
  admit(model: string | undefined, inputTokens?: number): Refusal | undefined;
  /** What an admitted call used, whether it was answered or failed. */
  spend(model: string | undefined, inputTokens: number, outputTokens: number): void;
  /** An answer came from the cache. */
  hit(): void;
  use(): LiveUse;
}

const MILLION = 1_000_000;

/**
 * A new meter. For a call under way as much is set aside as the dearest call so far has used, or what is sent if that is more; so a
 * budget is exceeded only by what the last calls use beyond that.
 */
export function createLiveMeter({ limits, prices = {} }: MeterOptions): LiveMeter {
  const { liveCalls, liveTokens, liveCost } = limits;
  let [calls, cached, inputTokens, outputTokens, cost, unpriced] = [0, 0, 0, 0, 0, 0];
  const underWay = new SetAside();
  const priceOf = (model: string) => (Object.hasOwn(prices, model) ? prices[model] : undefined);
  const costOf = (model: string, input: number, output: number) => {
    const price = priceOf(model);
    return price === undefined ? 0 : (input * price.inputPerMillion + output * price.outputPerMillion) / MILLION;
  };
  const refusalFor = (model: string | undefined): Refusal | undefined => {
    if (calls >= liveCalls) return spent(`${liveCalls} live calls`, 'live-calls<=', 'limits.liveCalls');
    if (liveTokens !== undefined && inputTokens + outputTokens + underWay.tokens >= liveTokens)
      return spent(`${liveTokens} tokens`, 'live-tokens<=', 'limits.liveTokens');
    if (liveCost === undefined) return undefined;
    if (cost + underWay.cost >= liveCost)
      return spent(`${liveCost} for live answers`, 'live-cost<=', 'limits.liveCost');
    if (model === undefined || priceOf(model) !== undefined) return undefined;
    return {
      refused: `the cost of live answers is limited, and model "${model}" has no price`,
      remedy: `Declare what it costs under prices in the policy file: "${model}": { "inputPerMillion": …, "outputPerMillion": … }.`,
    };
  };
  return {
    admit(model, input = 0) {
      const refusal = refusalFor(model);
      if (refusal !== undefined) return refusal;
      calls += 1;
      if (model !== undefined) underWay.begin({ tokens: input, cost: costOf(model, input, 0) });
      return undefined;
    },
    spend(model, input, output) {
      if (model === undefined) return;
      underWay.end({ tokens: input + output, cost: costOf(model, input, output) });
      inputTokens += input;
      outputTokens += output;
      cost += costOf(model, input, output);
      if (priceOf(model) === undefined) unpriced += 1;
    },
    hit() {
      cached += 1;
    },
    use: () => ({ calls, cached, inputTokens, outputTokens, cost: Number(cost.toPrecision(12)), unpriced }),
  };
}

interface Used {
  readonly tokens: number;
  readonly cost: number;
}

/** What calls under way may use. */
class SetAside {
  #largest: Used = { tokens: 0, cost: 0 };
  #calls = 0;

  get tokens(): number {
    return this.#calls * this.#largest.tokens;
  }

  get cost(): number {
    return this.#calls * this.#largest.cost;
  }

  begin(sent: Used): void {
    this.#calls += 1;
    this.#note(sent);
  }

  end(used: Used): void {
    this.#calls -= 1;
    this.#note(used);
  }

  #note({ tokens, cost }: Used): void {
    this.#largest = { tokens: Math.max(this.#largest.tokens, tokens), cost: Math.max(this.#largest.cost, cost) };
  }
}

function spent(budget: string, flag: string, member: string): Refusal {
  return {
    refused: `the budget of ${budget} is spent`,
    remedy: `Raise the budget (--policy "${flag}…", or ${member}), or allow recorded answers.`,
  };
}

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
  /** Takes one call from the budget, or says why not. @param model the model that is asked; absent for a tool */
  admit(model: string | undefined): Refusal | undefined;
  /** What an admitted call used. */
  spend(model: string | undefined, inputTokens: number, outputTokens: number): void;
  /** An answer came from the cache. */
  hit(): void;
  use(): LiveUse;
}

const MILLION = 1_000_000;

/** A new meter. Calls that are under way when the budget is reached come to their end, so it can be exceeded by those. */
export function createLiveMeter({ limits, prices = {} }: MeterOptions): LiveMeter {
  const { liveCalls, liveTokens, liveCost } = limits;
  let [calls, cached, inputTokens, outputTokens, cost, unpriced] = [0, 0, 0, 0, 0, 0];
  const priceOf = (model: string) => (Object.hasOwn(prices, model) ? prices[model] : undefined);
  const refusalFor = (model: string | undefined): Refusal | undefined => {
    if (calls >= liveCalls) return spent(`${liveCalls} live calls`, 'live-calls<=', 'limits.liveCalls');
    if (liveTokens !== undefined && inputTokens + outputTokens >= liveTokens)
      return spent(`${liveTokens} tokens`, 'live-tokens<=', 'limits.liveTokens');
    if (liveCost === undefined) return undefined;
    if (cost >= liveCost) return spent(`${liveCost} for live answers`, 'live-cost<=', 'limits.liveCost');
    if (model === undefined || priceOf(model) !== undefined) return undefined;
    return {
      refused: `the cost of live answers is limited, and model "${model}" has no price`,
      remedy: `Declare what it costs under prices in the policy file: "${model}": { "inputPerMillion": …, "outputPerMillion": … }.`,
    };
  };
  return {
    admit(model) {
      const refusal = refusalFor(model);
      if (refusal === undefined) calls += 1;
      return refusal;
    },
    spend(model, input, output) {
      inputTokens += input;
      outputTokens += output;
      const price = model === undefined ? undefined : priceOf(model);
      if (price !== undefined) cost += (input * price.inputPerMillion + output * price.outputPerMillion) / MILLION;
      else if (model !== undefined) unpriced += 1;
    },
    hit() {
      cached += 1;
    },
    use: () => ({ calls, cached, inputTokens, outputTokens, cost: Number(cost.toPrecision(12)), unpriced }),
  };
}

function spent(budget: string, flag: string, member: string): Refusal {
  return {
    refused: `the budget of ${budget} is spent`,
    remedy: `Raise the budget (--policy "${flag}…", or ${member}), or allow recorded answers.`,
  };
}

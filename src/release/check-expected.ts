/**
 * The expected end of a regression case, held to what the mission can answer at all: a misspelt field would make a case that
 * no version ever passes.
 */
import { MissionError } from '../shared/errors.ts';
import type { Json, JsonObject } from '../shared/json.ts';
import { type Misfit, misfitOf } from '../shared/schema-misfit.ts';

/** Something that says what the mission answers. */
export interface OutputContract {
  /** For the message: `refund-eligibility@2`, or the source. */
  readonly name: string;
  /** JSON Schema. */
  readonly output: JsonObject;
}

/**
 * The result has to fit one of them: the version that ran, or a later one, whose output may have grown.
 *
 * @param contracts in the order in which they are asked; read no further than needed
 * @returns whether anybody could tell
 * @throws MissionError `INPUT_INVALID` with the JSON Pointer of the first place that does not fit the first of them.
 */
export async function checkExpected(expected: Json, contracts: AsyncIterable<OutputContract>): Promise<boolean> {
  let first: { readonly contract: OutputContract; readonly misfit: Misfit } | undefined;
  for await (const contract of contracts) {
    const misfit = misfitOf(contract.output, expected);
    if (misfit === undefined) return true;
    first ??= { contract, misfit };
  }
  if (first === undefined) return false;
  throw unfit(first.contract, first.misfit);
}

function unfit({ name, output }: OutputContract, { pointer, problem }: Misfit): MissionError {
  const where = pointer === '' ? 'The expected result' : `The expected result at ${pointer}`;
  return new MissionError('INPUT_INVALID', `${where} does not fit the output of ${name}: ${problem}.`, {
    remedy: 'No case was kept: no version could pass it. Correct --expect; the schema of the output is in the details.',
    details: { pointer, contract: name, schema: output },
  });
}

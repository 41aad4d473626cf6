/** Tools: what a mission does to the world, as typed functions held to the contracts of the mission. */
import type * as z from 'zod';
import type { StepContext } from '../mission/wire.ts';
import { escapePointerToken } from '../shared/json.ts';
import { activityFailure } from './failure.ts';
import { currentScope, type StepScope, withPulse } from './scope.ts';

/** What both sides of a tool agree on; a mission's tool specs have this form. */
export interface ToolContract {
  readonly effect: 'read' | 'write';
  readonly input: z.ZodType;
  readonly output: z.ZodType;
}

/** What a tool's function is given besides its input. */
export type ToolContext = Omit<StepScope, 'timeoutMs'>;

export type ToolFunction<Contract extends ToolContract> = (
  input: z.output<Contract['input']>,
  context: ToolContext,
) => Returned<Contract> | Promise<Returned<Contract>>;

/** `z.input`, without its condition: a literal in a function's result then keeps its type. */
type Returned<Contract extends ToolContract> = Contract['output']['_zod']['input'];

/** A function bound to its contract, ready for `defineActivities`. */
export interface Tool {
  readonly contract: ToolContract;
  readonly call: (tool: string, input: unknown, step: StepContext | undefined) => Promise<unknown>;
}

export type ToolContracts = Readonly<Record<string, ToolContract>>;

/** Anything that declares tools: the value that `defineMission` returns. */
export interface ToolOwner<Tools extends ToolContracts = ToolContracts> {
  readonly tools: Tools;
}

/** One function per tool of the mission; names, inputs and outputs are those of its contracts. */
export type ToolFunctions<Tools extends ToolContracts> = {
  readonly [Name in keyof Tools]: ToolFunction<Tools[Name]>;
};

/**
 * Binds one function to one contract. Its input is parsed before the call and its output after it.
 *
 * @throws ApplicationFailure `TOOL_INPUT_INVALID` or `TOOL_OUTPUT_INVALID`, not retryable, naming tool and place.
 */
export function tool<const Contract extends ToolContract>(contract: Contract, run: ToolFunction<Contract>): Tool {
  return {
    contract,
    async call(name, input, step) {
      const parsed = parseOrFail(contract.input, input, name, 'input');
      const scope = currentScope(step);
      const output = await withPulse(scope, async () => run(parsed as z.output<Contract['input']>, scope));
      return parseOrFail(contract.output, output, name, 'output');
    },
  };
}

/**
 * Implements every tool of a mission.
 *
 * @example
 * ```ts
 * const tools = defineTools(refund, {
 *   getOrder: async ({ id }) => shop.order(id),
 *   issueRefund: async ({ orderId, amount }, { idempotencyKey }) => shop.refund(orderId, amount, idempotencyKey),
 * });
 * ```
 * @throws ApplicationFailure `TOOL_UNKNOWN` when a contract has no function (only possible past the type checker).
 */
export function defineTools<const Tools extends ToolContracts>(
  owner: ToolOwner<Tools>,
  functions: ToolFunctions<NoInfer<Tools>>,
): Readonly<Record<string, Tool>> {
  const byName = functions as Readonly<Record<string, ToolFunction<ToolContract> | undefined>>;
  return Object.fromEntries(
    Object.entries(owner.tools).map(([name, contract]) => {
      const run = byName[name];
      if (run === undefined) throw activityFailure('TOOL_UNKNOWN', `No function implements tool "${name}".`);
      return [name, tool(contract, run)];
    }),
  );
}

const CODE = { input: 'TOOL_INPUT_INVALID', output: 'TOOL_OUTPUT_INVALID' } as const;

function parseOrFail(schema: z.ZodType, value: unknown, name: string, side: 'input' | 'output'): unknown {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => ({
    pointer: path.map((token) => `/${escapePointerToken(String(token))}`).join(''),
    problem: message,
  }));
  const listed = problems.map(({ pointer, problem }) => `${pointer === '' ? 'the whole value' : pointer}: ${problem}`);
  throw activityFailure(CODE[side], `The ${side} of tool "${name}" breaks its contract: ${listed.join('; ')}.`, {
    details: { tool: name, problems },
  });
}

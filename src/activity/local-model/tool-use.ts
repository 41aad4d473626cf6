/** When tools are offered: calls those that the instructions name and whose inputs the facts can fill. */
import type { LanguageModelV3FunctionTool, LanguageModelV3ToolCall } from '@ai-sdk/provider';
import { isJsonObject, type Json, type JsonObject } from '../../shared/json.ts';
import type { Fact } from './facts.ts';
import { labelsOf, labelWords, membersOf, resolveSchema } from './schema.ts';
import { includesWords } from './statement-parser.ts';
import { wordsOf } from './words.ts';

/** The first tool that is still to be called, or none. `called` holds the names of those that were. */
export function nextToolCall(
  tools: readonly LanguageModelV3FunctionTool[],
  instructions: string,
  facts: readonly Fact[],
  called: readonly string[],
): LanguageModelV3ToolCall | undefined {
  const words = wordsOf(instructions);
  for (const tool of tools) {
    const named = instructions.includes(tool.name) || includesWords(words, labelWords(tool.name));
    if (!named || called.includes(tool.name)) continue;
    const input = fillInput(tool.inputSchema as JsonObject, facts);
    if (input === undefined) continue;
    return {
      type: 'tool-call',
      toolCallId: `call-${called.length + 1}`,
      toolName: tool.name,
      input: JSON.stringify(input),
    };
  }
  return undefined;
}

function fillInput(schema: JsonObject, facts: readonly Fact[]): Json | undefined {
  const required = Array.isArray(schema['required']) ? schema['required'] : [];
  const input: Record<string, Json> = {};
  for (const [name, member] of membersOf(schema)) {
    const value = valueFor(name, resolveSchema(member, schema), facts);
    if (value !== undefined) input[name] = value;
    else if (required.includes(name)) return undefined;
  }
  return isJsonObject(input) ? input : undefined;
}

function valueFor(name: string, schema: JsonObject, facts: readonly Fact[]): Json | undefined {
  const words = labelWords(name);
  const fits = ({ value }: Fact) => typeof value === (schema['type'] === 'integer' ? 'number' : schema['type']);
  const candidates = facts.filter(fits);
  const fact =
    candidates.find(({ path }) => labelWords(path.replaceAll('.', ' ')).join(' ') === words.join(' ')) ??
    candidates.find(({ nameWords }) => nameWords.join(' ') === words.join(' ')) ??
    candidates.find(({ nameWords }) => words.some((word) => nameWords.includes(word)));
  const labels = labelsOf(schema);
  return labels.length > 0 && !labels.includes(String(fact?.value)) ? undefined : fact?.value;
}

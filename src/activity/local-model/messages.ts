import type { LanguageModelV3Prompt } from '@ai-sdk/provider';
import type { JsonObject } from '../../shared/json.ts';
import type { Fact } from './facts.ts';
import { readPrompt } from './prompt-reader.ts';
import { labelTexts } from './schema.ts';

export interface ReadMessages {
  readonly instructions: string;
  readonly facts: readonly Fact[];
  readonly toolsCalled: readonly string[];
}

/** Reads a conversation: instructions from the system and the user, facts from them and from what tools returned. */
export function readMessages(prompt: LanguageModelV3Prompt, schema: JsonObject | undefined): ReadMessages {
  const labels = labelTexts(schema);
  const instructions: string[] = [];
  const facts: Fact[] = [];
  const toolsCalled: string[] = [];
  for (const { instruction, data, tool } of prompt.flatMap(textsOf)) {
    if (tool !== undefined) toolsCalled.push(tool);
    if (data !== undefined) facts.push(...readPrompt(data).facts);
    if (instruction === undefined) continue;
    const read = readPrompt(instruction, labels);
    instructions.push(read.instructions);
    facts.push(...read.facts);
  }
  return { instructions: instructions.join('\n\n'), facts, toolsCalled };
}

interface MessageText {
  readonly instruction?: string;
  readonly data?: string;
  readonly tool?: string;
}

function textsOf(message: LanguageModelV3Prompt[number]): MessageText[] {
  switch (message.role) {
    case 'system':
      return [{ instruction: message.content }];
    case 'user':
      return message.content.flatMap((part) => (part.type === 'text' ? [{ instruction: part.text }] : []));
    case 'assistant':
      return message.content.flatMap((part) => (part.type === 'tool-call' ? [{ tool: part.toolName }] : []));
    case 'tool':
      return message.content.flatMap((part) => {
        if (part.type !== 'tool-result' || !('value' in part.output)) return [];
        const { value } = part.output;
        return [{ data: typeof value === 'string' ? value : JSON.stringify(value) }];
      });
  }
}

import type { LanguageModelV3CallOptions } from '@ai-sdk/provider';
import { type LocalModelOptions, localModel } from 'mission-runtime/activity';

/** Asks the local model as any caller of the AI SDK's interface would. */
export async function ask(
  prompt: string,
  schema?: Readonly<Record<string, unknown>>,
  options: LocalModelOptions & { readonly call?: string } = {},
): Promise<{ text: string; object: Record<string, unknown>; reasoning: string }> {
  const model = await localModel(options)('any');
  const result = await model.doGenerate({
    prompt: [{ role: 'user', content: [{ type: 'text', text: prompt }] }],
    providerOptions: { mission: { call: options.call ?? '' } },
    ...(schema === undefined ? {} : { responseFormat: { type: 'json', schema } }),
  } as LanguageModelV3CallOptions);
  const part = (type: string) =>
    result.content.flatMap((content) => (content.type === type && 'text' in content ? [content.text] : [])).join('');
  const text = part('text');
  return {
    text,
    object: schema === undefined ? {} : (JSON.parse(text) as Record<string, unknown>),
    reasoning: part('reasoning'),
  };
}

export const VERDICT = {
  type: 'object',
  properties: {
    approve: { type: 'boolean' },
    reason: { type: 'string' },
    confidence: { type: 'number', minimum: 0, maximum: 1 },
  },
  required: ['approve', 'reason', 'confidence'],
  additionalProperties: false,
} as const;

/** A model without a mind of its own: it calls each tool that it is offered once, and answers with what it was told last. */
export interface Message {
  readonly role: string;
  readonly content?: unknown;
  readonly tool_calls?: readonly { readonly function: { readonly name: string } }[];
}

interface Schema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
}

export interface Question {
  readonly model: string;
  readonly messages: readonly Message[];
  readonly tools?: readonly { readonly function: { readonly name: string; readonly parameters?: Schema } }[];
  readonly response_format?: { readonly json_schema?: { readonly schema?: Schema } };
  readonly stream?: boolean;
}

/** What the model says: a text, or a tool that it wants to be called. */
export type Said =
  | { readonly text: string }
  | { readonly call: { readonly id: string; readonly name: string; readonly input: string } };

/** Since the last word of a person: every turn has its own calls. */
export function answer({ messages, tools = [], response_format: format }: Question): Said {
  const last = messages.findLastIndex(({ role }) => role === 'user');
  const question = textOf(messages[last]?.content);
  const since = messages.slice(last + 1);
  const called = new Set(since.flatMap(({ tool_calls: calls = [] }) => calls.map((call) => call.function.name)));
  const wanted = tools.find((tool) => !called.has(tool.function.name))?.function;
  if (wanted !== undefined) {
    const input = JSON.stringify(filled(wanted.parameters, question));
    return { call: { id: `call_${messages.length}`, name: wanted.name, input } };
  }
  const found = since.findLast(({ role }) => role === 'tool');
  const text = found === undefined ? `You asked: ${question}` : `I have looked it up. ${textOf(found.content)}`;
  const schema = format?.json_schema?.schema;
  return { text: schema === undefined ? text : JSON.stringify(filled(schema, text)) };
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (Array.isArray(content))
    return content.map((part: { text?: string }) => part.text ?? JSON.stringify(part)).join('');
  return JSON.stringify(content) ?? '';
}

/** An object of a schema: the number of the order where an order is asked for, and else the text. */
function filled(schema: Schema | undefined, text: string): Readonly<Record<string, unknown>> {
  const orderId = /\d+/.exec(text)?.[0] ?? '0';
  const members = Object.entries(schema?.properties ?? {}).map(([name, { type }]) => {
    if (type === 'boolean') return [name, text.includes('delivered')];
    if (type === 'number' || type === 'integer') return [name, Number(orderId)];
    return [name, name.endsWith('Id') ? orderId : text];
  });
  return Object.fromEntries(members);
}

/** A model on the loopback interface, for OpenAI's clients. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answer, type Question, type Said } from './shop-model.ts';

export interface ModelServer {
  /** For OpenAI's clients: `http://127.0.0.1:4711/v1`. */
  readonly url: string;
  close(): Promise<void>;
}

/** How often `shop-model-busy` refuses: a client that asks three times by itself is refused in a whole attempt. */
const REFUSALS = 4;

/**
 * Serves `POST /v1/chat/completions`, streamed too, and `POST /v1/embeddings`. `shop-model-busy` refuses its first questions, to be
 * asked again at once; `shop-model-closed` refuses all.
 */
export async function startModelServer(): Promise<ModelServer> {
  let refused = 0;
  const refuse = ({ model }: Question): number | undefined => {
    if (model === 'shop-model-closed') return 400;
    if (model !== 'shop-model-busy' || refused === REFUSALS) return undefined;
    refused += 1;
    return 429;
  };
  const server = createServer((request, response) => {
    readAll(request).then(
      (text) => respond(request, response, JSON.parse(text) as Question, refuse),
      () => response.destroy(),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function readAll(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function respond(
  { url = '' }: IncomingMessage,
  response: ServerResponse,
  question: Question,
  refuse: (question: Question) => number | undefined,
): void {
  const status = refuse(question);
  if (status !== undefined) {
    response.writeHead(status, { 'content-type': 'application/json', 'retry-after-ms': '1' });
    response.end(JSON.stringify({ error: { message: `The model is ${question.model.split('-').at(-1)}.` } }));
  } else if (url.endsWith('/embeddings')) {
    const { input } = question as unknown as { readonly input: readonly string[] };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(embeddings(input)));
  } else if (question.stream === true) {
    response.setHeader('content-type', 'text/event-stream');
    response.end(streamed(question, answer(question)));
  } else {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(completion(question, answer(question))));
  }
}

const USAGE = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };

function common({ model, messages }: Question) {
  return { id: `chatcmpl-${messages.length}`, created: 1_772_000_000, model };
}

function callsOf(said: Said) {
  if ('text' in said) return undefined;
  const { id, name, input } = said.call;
  return [{ id, type: 'function', function: { name, arguments: input } }];
}

function completion(question: Question, said: Said): object {
  const calls = callsOf(said);
  const message = 'text' in said ? { content: said.text } : { content: null, tool_calls: calls };
  const finish_reason = calls === undefined ? 'stop' : 'tool_calls';
  const choices = [{ index: 0, message: { role: 'assistant', ...message }, finish_reason }];
  return { ...common(question), object: 'chat.completion', choices, usage: USAGE };
}

/** Texts come word by word. */
function streamed(question: Question, said: Said): string {
  const calls = callsOf(said)?.map((call, index) => ({ index, ...call }));
  const deltas = 'text' in said ? said.text.split(/(?<= )/).map((content) => ({ content })) : [{ tool_calls: calls }];
  const chunk = (delta: object, finish_reason: string | null) => ({
    ...common(question),
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, finish_reason }],
  });
  const chunks = [
    chunk({ role: 'assistant' }, null),
    ...deltas.map((delta) => chunk(delta, null)),
    chunk({}, calls === undefined ? 'stop' : 'tool_calls'),
    { ...common(question), object: 'chat.completion.chunk', choices: [], usage: USAGE },
  ];
  return `${chunks.map((one) => `data: ${JSON.stringify(one)}\n\n`).join('')}data: [DONE]\n\n`;
}

/** Texts with the same digits are close. */
function embeddings(input: readonly string[]): object {
  const data = input.map((text, index) => ({
    object: 'embedding',
    index,
    embedding: Array.from({ length: 10 }, (_, digit) => text.split(String(digit)).length - 1),
  }));
  return { object: 'list', data, model: 'shop-embeddings', usage: { prompt_tokens: 5, total_tokens: 5 } };
}

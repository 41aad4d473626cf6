/** A model on the loopback interface: it asks for the order that a question names, and answers with what it is told. */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Message {
  readonly role: string;
  readonly content?: unknown;
}

interface Question {
  readonly model: string;
  readonly messages: readonly Message[];
}

export interface ModelServer {
  /** For OpenAI's clients: `http://127.0.0.1:4711/v1`. */
  readonly url: string;
  close(): Promise<void>;
}

/** Serves `POST /v1/chat/completions`. */
export async function startModelServer(): Promise<ModelServer> {
  const server = createServer((request, response) => {
    readAll(request).then(
      (text) => {
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify(answerOf(JSON.parse(text) as Question)));
      },
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

function answerOf({ model, messages }: Question): object {
  const found = messages.findLast(({ role }) => role === 'tool');
  const text = (content: unknown) => (typeof content === 'string' ? content : JSON.stringify(content));
  const orderId = /\d+/.exec(text(messages.findLast(({ role }) => role === 'user')?.content))?.[0] ?? '0';
  const call = {
    id: `call_${orderId}`,
    type: 'function',
    function: { name: 'findOrder', arguments: JSON.stringify({ orderId }) },
  };
  const message = found
    ? { role: 'assistant', content: `I have looked it up. ${text(found.content)}` }
    : { role: 'assistant', content: null, tool_calls: [call] };
  return {
    id: `chatcmpl-${orderId}`,
    object: 'chat.completion',
    created: 1_772_000_000,
    model,
    choices: [{ index: 0, message, finish_reason: found ? 'stop' : 'tool_calls' }],
    usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
  };
}

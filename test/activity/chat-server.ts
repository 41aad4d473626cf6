/** A real HTTP server on loopback that speaks the OpenAI chat completions protocol, with answers that a test scripts. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ChatAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A JSON body, or a text that is sent as it is. */
  readonly body: unknown;
  /** Never answers when true: the client has to give up. */
  readonly hang?: boolean;
}

export interface ChatCall {
  readonly authorization: string | undefined;
  readonly body: Record<string, unknown>;
}

export interface ChatServer {
  readonly url: string;
  readonly calls: ChatCall[];
  /** Resolves when a client has hung up on an answer that never came. */
  readonly hungUp: Promise<void>;
  /** The next answers, in order; the last one is repeated. */
  script(...answers: readonly (ChatAnswer | ((call: ChatCall) => ChatAnswer))[]): void;
  close(): Promise<void>;
}

/** A completion with the given message. */
export function completion(message: Record<string, unknown>, finishReason = 'stop'): ChatAnswer {
  return {
    body: {
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 1_700_000_000,
      model: 'served-model-2',
      choices: [{ index: 0, message: { role: 'assistant', content: null, ...message }, finish_reason: finishReason }],
      usage: {
        prompt_tokens: 11,
        completion_tokens: 7,
        total_tokens: 18,
        completion_tokens_details: { reasoning_tokens: 3 },
      },
    },
  };
}

export async function openChatServer(): Promise<ChatServer> {
  let answers: readonly (ChatAnswer | ((call: ChatCall) => ChatAnswer))[] = [];
  const calls: ChatCall[] = [];
  let hangUp: () => void = () => undefined;
  const hungUp = new Promise<void>((resolve) => {
    hangUp = resolve;
  });
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const text = await readBody(request);
    const call: ChatCall = { authorization: request.headers.authorization, body: JSON.parse(text) };
    calls.push(call);
    const next = answers[0];
    if (answers.length > 1) answers = answers.slice(1);
    const scripted = typeof next === 'function' ? next(call) : next;
    if (scripted?.hang === true) response.on('close', hangUp);
    else send(response, scripted ?? { status: 404, body: {} });
  };
  const server = createServer((request, response) => {
    void answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    calls,
    hungUp,
    script: (...given) => {
      answers = given;
      calls.length = 0;
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function send(response: ServerResponse, { status = 200, headers = {}, body }: ChatAnswer): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

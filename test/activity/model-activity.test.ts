import { MockActivityEnvironment } from '@temporalio/testing';
import { createModelActivity, openaiCompatible } from 'mission-runtime/activity';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ModelRequest, ModelResponse, StepContext } from '../../src/mission/wire.ts';
import { type ChatServer, completion, openChatServer } from './chat-server.ts';

const KEY_ENV = 'MISSION_TEST_MODEL_KEY';
const KEY = 'sk-test-4b1d/9f+7"c2e0a';
const STEP: StepContext = { step: 'judge#1', kind: 'model' };
const SCHEMA = {
  type: 'object',
  properties: { approve: { type: 'boolean' } },
  required: ['approve'],
  additionalProperties: false,
};

let server: ChatServer;
beforeAll(async () => {
  server = await openChatServer();
});
afterAll(() => server.close());
afterEach(() => {
  vi.unstubAllEnvs();
});

function requestOf(change: Partial<ModelRequest> = {}): ModelRequest {
  return {
    prompt: 'judge',
    model: 'served-model',
    parameters: { temperature: 0, seed: 7, maxOutputTokens: 50, reasoning_effort: 'low' },
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Approve?' },
    ],
    ...change,
  };
}

function call(
  request: ModelRequest,
  options: { structuredOutputs?: boolean; reasoningTag?: string } = {},
): Promise<ModelResponse> {
  const model = openaiCompatible({ name: 'served', baseURL: server.url, apiKeyEnv: KEY_ENV, ...options });
  return createModelActivity({ providers: { served: model } })(request, STEP);
}

async function failureOf(promise: Promise<unknown>): Promise<Record<string, unknown>> {
  return promise.then(
    () => expect.unreachable('it should fail'),
    (error: unknown) => error as Record<string, unknown>,
  );
}

describe('a model behind an OpenAI-compatible endpoint', () => {
  it('answers with a text, and gets exactly what the request says', async () => {
    vi.stubEnv(KEY_ENV, KEY);
    server.script(completion({ content: 'Yes.' }));
    expect(await call(requestOf())).toEqual({
      text: 'Yes.',
      usage: { inputTokens: 11, outputTokens: 7, reasoningTokens: 3 },
      model: 'served-model-2',
      finishReason: 'stop',
    });
    expect(server.calls).toEqual([
      {
        authorization: `Bearer ${KEY}`,
        body: {
          model: 'served-model',
          temperature: 0,
          seed: 7,
          max_tokens: 50,
          reasoning_effort: 'low',
          messages: [
            { role: 'system', content: 'Be brief.' },
            { role: 'user', content: 'Approve?' },
          ],
        },
      },
    ]);
  });

  it('reads its key at every call, and sends none when there is none', async () => {
    server.script(completion({ content: 'Yes.' }));
    await call(requestOf());
    vi.stubEnv(KEY_ENV, 'another-key');
    await call(requestOf());
    expect(server.calls.map(({ authorization }) => authorization)).toEqual([undefined, 'Bearer another-key']);
  });

  it('answers with an object by JSON Schema', async () => {
    server.script(completion({ content: '{"approve": true}' }));
    expect(await call(requestOf({ output: SCHEMA }))).toMatchObject({ object: { approve: true } });
    expect(server.calls[0]?.body['response_format']).toEqual({
      type: 'json_schema',
      json_schema: { name: 'judge', schema: SCHEMA, strict: false },
    });
  });

  it('puts the schema into the prompt for an endpoint that takes none', async () => {
    server.script(completion({ content: '```json\n{"approve": true}\n```' }));
    const response = await call(requestOf({ output: SCHEMA }), { structuredOutputs: false });
    expect(response.object).toEqual({ approve: true });
    const { messages, response_format } = (server.calls[0]?.body ?? {}) as {
      messages: { content: string }[];
      response_format: unknown;
    };
    expect(messages[0]?.content).toContain(JSON.stringify(SCHEMA));
    expect(response_format).toEqual({ type: 'json_object' });
  });

  it('asks once more, with the problem, when the object does not fit', async () => {
    server.script(completion({ content: '{"approve": "maybe"}' }), completion({ content: '{"approve": false}' }));
    const response = await call(requestOf({ output: SCHEMA }));
    expect(response).toMatchObject({ object: { approve: false }, usage: { inputTokens: 22, outputTokens: 14 } });
    const { messages } = (server.calls[1]?.body ?? {}) as { messages: { role: string; content: string }[] };
    expect(messages.at(-2)).toEqual({ role: 'assistant', content: '{"approve": "maybe"}' });
    expect(messages.at(-1)?.content).toContain('approve');
  });

  it.each([['{"approve": 1}'], ['I would say yes'], ['{"approve": tr']])(
    'gives up with the raw text after one repair: %s',
    async (content) => {
      server.script(completion({ content }));
      const failure = await failureOf(call(requestOf({ output: SCHEMA })));
      expect(failure).toMatchObject({ type: 'MODEL_OUTPUT_INVALID', nonRetryable: true });
      const usage = { inputTokens: 22, outputTokens: 14, reasoningTokens: 6 };
      expect(failure['details']).toEqual([{ model: 'served-model', finishReason: 'stop', text: content, usage }]);
      expect(server.calls).toHaveLength(2);
    },
  );

  it('returns tool calls and executes none', async () => {
    const toolCalls = [
      { id: 'c1', type: 'function', function: { name: 'getOrder', arguments: '{"id":"O-1"}' } },
      { id: 'c2', type: 'function', function: { name: 'getOrder', arguments: '{broken' } },
    ];
    server.script(completion({ tool_calls: toolCalls }, 'tool_calls'));
    const tools = [{ name: 'getOrder', description: 'Finds an order', input: { type: 'object' } }];
    expect(await call(requestOf({ tools, output: SCHEMA }))).toMatchObject({
      toolCalls: [
        { id: 'c1', tool: 'getOrder', input: { id: 'O-1' } },
        { id: 'c2', tool: 'getOrder', input: '{broken' },
      ],
      finishReason: 'tool-calls',
    });
    expect(server.calls).toHaveLength(1);
  });

  it('sends a conversation with tool results back', async () => {
    server.script(completion({ content: 'Done.' }));
    await call(
      requestOf({
        messages: [
          { role: 'user', content: 'Look it up' },
          { role: 'assistant', content: '', toolCalls: [{ id: 'c1', tool: 'getOrder', input: { id: 'O-1' } }] },
          { role: 'tool', content: '{"total":5}', toolCallId: 'c1', toolName: 'getOrder' },
        ],
      }),
    );
    const { messages } = (server.calls[0]?.body ?? {}) as { messages: Record<string, unknown>[] };
    expect(messages[1]).toMatchObject({
      tool_calls: [{ id: 'c1', function: { name: 'getOrder', arguments: '{"id":"O-1"}' } }],
    });
    expect(messages[2]).toMatchObject({ role: 'tool', tool_call_id: 'c1', content: '{"total":5}' });
  });

  it.each([
    ['of its own field', { content: 'Yes.', reasoning_content: 'Because.' }, {}],
    ['in tags', { content: '<think>Because.</think>Yes.' }, { reasoningTag: 'think' }],
  ])('records reasoning %s', async (_, message, options) => {
    server.script(completion(message));
    expect(await call(requestOf(), options)).toMatchObject({ text: 'Yes.', reasoning: 'Because.' });
  });
});

describe('a provider that fails', () => {
  it.each([
    ['bad request', { status: 400, body: { error: { message: 'no such parameter' } } }, true, undefined],
    ['bad key', { status: 401, body: { error: { message: 'who are you' } } }, true, undefined],
    ['unknown model', { status: 404, body: { error: { message: 'no such model' } } }, true, undefined],
    [
      'rate limit',
      { status: 429, headers: { 'retry-after': '7' }, body: { error: { message: 'slow' } } },
      false,
      7_000,
    ],
    ['server error', { status: 500, body: 'oops' }, false, undefined],
    ['overload', { status: 503, headers: { 'retry-after': '99999999' }, body: {} }, false, 3_600_000],
    ['malformed JSON', { body: '{"choices": [' }, false, undefined],
    ['another shape', { body: { choices: [] } }, false, undefined],
  ])('%s', async (_, answer, nonRetryable, nextRetryDelay) => {
    server.script(answer);
    const failure = await failureOf(call(requestOf()));
    expect(failure).toMatchObject({
      type: nonRetryable ? 'MODEL_REQUEST_REJECTED' : 'MODEL_UNAVAILABLE',
      nonRetryable,
    });
    expect(failure['nextRetryDelay']).toBe(nextRetryDelay);
    expect(server.calls).toHaveLength(1);
  });

  it('waits until the date that Retry-After names', async () => {
    server.script({ status: 429, headers: { 'retry-after': new Date(Date.now() + 60_000).toUTCString() }, body: {} });
    const failure = await failureOf(call(requestOf()));
    expect(failure['nextRetryDelay']).toBeGreaterThan(50_000);
    expect(failure['nextRetryDelay']).toBeLessThanOrEqual(60_000);
  });

  it('is retryable when nobody listens', async () => {
    const model = openaiCompatible({ name: 'gone', baseURL: 'http://127.0.0.1:9/v1' });
    const failure = await failureOf(createModelActivity({ providers: { gone: model } })(requestOf(), STEP));
    expect(failure).toMatchObject({ type: 'MODEL_UNAVAILABLE', nonRetryable: false });
  });

  it('is given up when the attempt has no time left', async () => {
    server.script({ body: {}, hang: true });
    const model = openaiCompatible({ name: 'served', baseURL: server.url });
    const environment = new MockActivityEnvironment({ startToCloseTimeoutMs: 200 });
    const running = environment.run(createModelActivity({ providers: { served: model } }), requestOf(), STEP);
    expect(await failureOf(running as Promise<unknown>)).toMatchObject({
      type: 'MODEL_UNAVAILABLE',
      nonRetryable: false,
    });
    await server.hungUp;
  });

  it('is left when the run is cancelled', async () => {
    const environment = new MockActivityEnvironment();
    server.script(() => {
      environment.cancel();
      return { body: {}, hang: true };
    });
    const model = openaiCompatible({ name: 'served', baseURL: server.url });
    const running = environment.run(createModelActivity({ providers: { served: model } }), requestOf(), STEP);
    expect(await failureOf(running as Promise<unknown>)).toMatchObject({ name: 'CancelledFailure' });
  });

  it.each([
    ['elsewhere/gpt', 'elsewhere'],
    ['__proto__/gpt', '__proto__'],
  ])('is not there: %s', async (model, provider) => {
    const failure = await failureOf(call(requestOf({ model })));
    expect(failure).toMatchObject({ type: 'MODEL_PROVIDER_UNKNOWN', nonRetryable: true });
    expect(failure['details']).toEqual([{ model, provider, known: ['served'] }]);
  });
});

describe('the key', () => {
  const forms = [KEY, encodeURIComponent(KEY), JSON.stringify(KEY).slice(1, -1), Buffer.from(KEY).toString('base64')];
  const echo = `key ${forms.join(' and ')}`;

  it.each([
    ['a refusal', { status: 401, body: { error: { message: `Wrong ${echo}` } } }],
    ['a server error', { status: 500, body: `Stack trace with ${echo}` }],
    ['a broken body', { body: `{"echo": "${echo}` }],
    ['an answer', completion({ content: echo, reasoning_content: echo })],
    ['an object that does not fit', completion({ content: echo })],
    [
      'a tool call',
      completion({ tool_calls: [{ id: KEY, function: { name: 'x', arguments: JSON.stringify({ [KEY]: echo }) } }] }),
    ],
  ])('is in nothing that comes back: %s', async (what, answer) => {
    vi.stubEnv(KEY_ENV, KEY);
    const logged = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    server.script(answer);
    const request = requestOf(what.startsWith('an object') ? { output: SCHEMA } : {});
    const outcome = await call(request).catch((error: unknown) => error);
    const everything = allText(outcome) + allText(logged.mock.calls);
    expect(everything).toContain('[secret]');
    for (const form of forms) expect(everything).not.toContain(form.replace(/=+$/, ''));
    logged.mockRestore();
  });
});

/** Every text that can be reached from a value, through hidden properties, causes and prototypes too. */
function allText(value: unknown, seen = new Set<unknown>()): string {
  if (typeof value !== 'object' || value === null) return `${String(value)}\n`;
  if (seen.has(value)) return '';
  seen.add(value);
  const own = Object.getOwnPropertyNames(value).map(
    (key) => `${key}\n${allText((value as Record<string, unknown>)[key], seen)}`,
  );
  return own.join('');
}

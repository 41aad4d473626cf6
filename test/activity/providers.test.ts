import { createModelActivity, providersFromEnvironment } from 'mission-runtime/activity';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { completion, openChatServer } from './chat-server.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

const REQUEST = {
  prompt: 'judge',
  model: 'any-model',
  parameters: {},
  messages: [{ role: 'user' as const, content: 'Approve gifts.\n{"gift": true}' }],
};

describe('the providers of the environment', () => {
  it.each([
    ['nothing', {}, 'local', ['local']],
    ['an empty address', { MISSION_MODEL_BASE_URL: '' }, 'local', ['local']],
    ['an address', { MISSION_MODEL_BASE_URL: 'http://m/v1' }, 'endpoint', ['endpoint', 'local']],
    ['a name', { MISSION_MODEL_BASE_URL: 'http://m/v1', MISSION_MODEL_PROVIDER: 'house' }, 'house', ['house', 'local']],
  ])('with %s', (_, environment, defaultProvider, names) => {
    const set = providersFromEnvironment(environment);
    expect(set.defaultProvider).toBe(defaultProvider);
    expect(Object.keys(set.providers).sort()).toEqual(names);
  });

  it('answer locally when nothing is configured', async () => {
    vi.stubEnv('MISSION_MODEL_BASE_URL', '');
    expect(await createModelActivity()(REQUEST)).toMatchObject({
      text: 'Approve: “Approve gifts.”',
      model: 'local/instruction-reader-1',
      finishReason: 'stop',
    });
  });

  it('ask the endpoint when one is configured, and local by name still', async () => {
    const server = await openChatServer();
    try {
      server.script(completion({ content: 'Yes.' }));
      vi.stubEnv('MISSION_MODEL_BASE_URL', server.url);
      vi.stubEnv('MISSION_MODEL_API_KEY', 'key-of-the-test');
      const model = createModelActivity();
      expect(await model(REQUEST)).toMatchObject({ text: 'Yes.' });
      expect(server.calls[0]).toMatchObject({ authorization: 'Bearer key-of-the-test', body: { model: 'any-model' } });
      expect(await model({ ...REQUEST, model: 'endpoint/vendor/model' })).toMatchObject({ text: 'Yes.' });
      expect(server.calls[1]?.body).toMatchObject({ model: 'vendor/model' });
      expect(await model({ ...REQUEST, model: 'local/any' })).toMatchObject({ model: 'local/instruction-reader-1' });
    } finally {
      await server.close();
    }
  });
});

describe('the local model as an agent', () => {
  it('calls the tools that its instructions name, then answers from what they returned', async () => {
    const tools = [
      {
        name: 'getOrder',
        input: { type: 'object', properties: { orderId: { type: 'string' } }, required: ['orderId'] },
      },
    ];
    const model = createModelActivity();
    const messages = [
      {
        role: 'user' as const,
        content: 'Use getOrder first. Deny final-sale items. Otherwise approve.\n{"orderId": "O-1"}',
      },
    ];
    const first = await model({ ...REQUEST, messages, tools });
    expect(first.toolCalls).toEqual([{ id: 'call-1', tool: 'getOrder', input: { orderId: 'O-1' } }]);
    const second = await model({
      ...REQUEST,
      tools,
      messages: [
        ...messages,
        { role: 'assistant', content: '', toolCalls: first.toolCalls ?? [] },
        { role: 'tool', content: '{"finalSale":true}', toolCallId: 'call-1', toolName: 'getOrder' },
      ],
    });
    expect(second.text).toBe('Deny: “Deny final-sale items.”');
  });
});

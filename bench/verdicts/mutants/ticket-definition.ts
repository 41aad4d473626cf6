/** Changes of ticket-routing (an agent, a person, and a model that routes): what needs no code. */
import type { Mutant } from '../mutant.ts';

const MISSION = 'workflows/ticket-routing/mission.ts';
const WORKFLOW = 'workflows/ticket-routing/workflow.ts';
const PREMIUM = '- Priority is high when the service is down or the customer is a premium customer.';
const NO_PREMIUM = '- Priority is high when the service is down.';

export const ticketDefinition: readonly Mutant[] = [
  {
    id: 'prompt-crash-not-technical',
    kind: 'prompt',
    edits: [[MISSION, 'reports an outage or a crash.', 'reports an outage.']],
    changes: 'outcome',
    cause: ['prompt route'],
    why: 'Crashes go to the general queue.',
  },
  {
    id: 'prompt-premium-like-all',
    kind: 'prompt',
    edits: [[MISSION, PREMIUM, NO_PREMIUM]],
    changes: 'outcome',
    cause: ['prompt route'],
    why: 'Premium customers have no high priority any more.',
  },
  {
    id: 'prompt-features-not-low',
    kind: 'prompt',
    edits: [[MISSION, '- Set the priority to low if the message is a feature request.\n', '']],
    changes: 'outcome',
    cause: ['prompt route'],
    why: 'Feature requests get another priority.',
  },
  {
    id: 'prompt-default-low',
    kind: 'prompt',
    edits: [[MISSION, 'By default, set the priority to normal.', 'By default, set the priority to low.']],
    changes: 'outcome',
    cause: ['prompt route'],
    why: 'Whatever nothing is said of gets a low priority.',
  },
  {
    id: 'prompt-bills',
    kind: 'prompt',
    edits: [[MISSION, 'questions about invoices or payments', 'questions about bills or payments']],
    changes: 'request',
    why: 'A bill is an invoice.',
  },
  {
    id: 'prompt-security-first',
    kind: 'prompt',
    edits: [
      [
        MISSION,
        '- Route questions about invoices',
        '- Always route reports of a security breach to security.\n- Route questions about invoices',
      ],
      [MISSION, 'a crash.\n- Always route reports of a security breach to security.', 'a crash.'],
    ],
    changes: 'request',
    why: 'What is always so stands before the rest, wherever it is written.',
  },
  {
    id: 'prompt-no-incident',
    kind: 'prompt',
    edits: [[MISSION, 'when the component has an open incident', 'when the component has no open incident']],
    changes: 'outcome',
    cause: ['prompt diagnose'],
    why: 'The diagnosis is turned over.',
  },
  {
    id: 'prompt-without-a-look',
    kind: 'prompt',
    edits: [[MISSION, ' Use getStatus first.', '']],
    changes: 'outcome',
    cause: ['prompt diagnose'],
    why: 'The agent does not look, so it knows of no incident.',
  },
  {
    id: 'prompt-diagnose-opening',
    kind: 'prompt',
    edits: [[MISSION, 'Find out whether the ticket is about', 'Say whether the ticket is about']],
    changes: 'request',
    why: 'The same question in other words.',
  },
  {
    id: 'prompt-as-an-object',
    kind: 'prompt',
    edits: [
      [
        MISSION,
        '    diagnose: `Find',
        "    appeal: { text: 'Answer: {{ticket}}', system: 'Be kind.' },\n    diagnose: `Find",
      ],
    ],
    changes: 'none',
    why: 'Nobody asks the new prompt.',
  },
  {
    id: 'model-top-p',
    kind: 'model',
    edits: [[MISSION, 'temperature: 0 ', 'temperature: 0, topP: 0.9 ']],
    changes: 'request',
    why: 'A parameter is part of the request.',
  },
  {
    id: 'model-options',
    kind: 'model',
    edits: [[MISSION, 'temperature: 0 ', "temperature: 0, options: { effort: 'low' } "]],
    changes: 'request',
    why: 'Options go to the provider as they are.',
  },
  {
    id: 'model-entry-per-prompt',
    kind: 'model',
    edits: [
      [
        MISSION,
        "models: { reader: { model: 'local/instruction-reader', temperature: 0 } }",
        "models: {\n    route: { model: 'local/instruction-reader', temperature: 0 },\n    diagnose: { model: 'local/instruction-reader', temperature: 0 },\n  }",
      ],
    ],
    changes: 'none',
    why: 'Each prompt has an entry of its own, and all are the same.',
  },
  {
    id: 'rule-more-than-read',
    kind: 'rule',
    edits: [[MISSION, 'businessHours: { from: 8, to: 18 }', 'businessHours: { from: 8, to: 18, days: 5 }']],
    changes: 'none',
    why: 'The code reads from and to.',
  },
  {
    id: 'tool-described-to-the-agent',
    kind: 'tool',
    edits: [
      [
        MISSION,
        "getStatus: {\n      effect: 'read',",
        "getStatus: {\n      effect: 'read',\n      description: 'Whether a component has an open incident.',",
      ],
    ],
    changes: 'request',
    why: 'The agent is offered the tool with its description.',
  },
  {
    id: 'tool-described-to-nobody',
    kind: 'tool',
    edits: [
      [
        MISSION,
        "getAccount: {\n      effect: 'read',",
        "getAccount: {\n      effect: 'read',\n      description: 'The tier of an account.',",
      ],
    ],
    changes: 'none',
    why: 'No agent is offered this tool.',
  },
  {
    id: 'tool-optional-input',
    kind: 'tool',
    edits: [
      [
        MISSION,
        'input: z.object({ component: z.string() })',
        'input: z.object({ component: z.string(), since: z.string().optional() })',
      ],
    ],
    changes: 'request',
    why: 'The agent is offered the tool with another schema, and gives what it gave.',
  },
  {
    id: 'tool-assign-timeout',
    kind: 'tool',
    edits: [
      [MISSION, "assign: {\n      effect: 'write',", "assign: {\n      effect: 'write',\n      timeoutMs: 20_000,"],
    ],
    changes: 'request',
    why: 'The step is given less time.',
  },
  {
    id: 'tool-assign-as-read',
    kind: 'tool',
    edits: [[MISSION, "assign: {\n      effect: 'write',", "assign: {\n      effect: 'read',"]],
    changes: 'outcome',
    cause: ['tool assign'],
    why: 'The only write is declared as none.',
  },
  {
    id: 'decision-question',
    kind: 'decision',
    edits: [[MISSION, 'Wake the security team?', 'Shall the security team be woken?']],
    changes: 'request',
    why: 'A person is asked in other words, and answers the same.',
  },
  {
    id: 'decision-options-turned',
    kind: 'decision',
    edits: [[MISSION, "options: ['wake', 'wait']", "options: ['wait', 'wake']"]],
    changes: 'request',
    why: 'The same options in another order.',
  },
  {
    id: 'decision-within-an-hour',
    kind: 'decision',
    edits: [
      [MISSION, "options: ['wake', 'wait'] }", "options: ['wake', 'wait'], timeoutMs: 3_600_000, onTimeout: 'wake' }"],
    ],
    changes: 'request',
    why: 'The run waits with a timer now; everybody answered long before.',
  },
  {
    id: 'decision-option-renamed',
    kind: 'decision',
    edits: [
      [MISSION, "options: ['wake', 'wait']", "options: ['call', 'wait']"],
      [WORKFLOW, "escalation?.option === 'wake'", "escalation?.option === 'call'"],
    ],
    changes: 'unanswered',
    step: 'escalate',
    why: 'Nobody ever chose the new option, and what was chosen is none any more.',
  },
];

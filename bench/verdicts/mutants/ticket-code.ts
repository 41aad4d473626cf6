/** Changes of ticket-routing (an agent, a person, and a model that routes): code, and several components at once. */
import type { Mutant } from '../mutant.ts';

const MISSION = 'workflows/ticket-routing/mission.ts';
const WORKFLOW = 'workflows/ticket-routing/workflow.ts';
const PREMIUM = '- Priority is high when the service is down or the customer is a premium customer.';
const NO_PREMIUM = '- Priority is high when the service is down.';
const DIAGNOSIS = `    route.queue === 'technical'
      ? await step.agent('diagnose', { ticket: { message, component } }, { tools: ['getStatus'] }, Diagnosis)
      : undefined;`;

export const ticketCode: readonly Mutant[] = [
  {
    id: 'code-no-look-at-search',
    kind: 'code',
    step: 'diagnose',
    edits: [[WORKFLOW, "route.queue === 'technical'\n", "route.queue === 'technical' && component !== 'search'\n"]],
    changes: 'request',
    why: 'Search has no incident, so nothing is found where nobody looks.',
  },
  {
    id: 'code-look-at-all',
    kind: 'code',
    step: 'diagnose',
    edits: [[WORKFLOW, "route.queue === 'technical'\n", "route.queue !== 'general'\n"]],
    changes: 'unanswered',
    why: 'The status is asked for tickets that nobody asked it for.',
  },
  {
    id: 'code-known-unless-looked',
    kind: 'code',
    edits: [[WORKFLOW, 'diagnosis?.known ?? false', 'diagnosis?.known ?? true']],
    changes: 'outcome',
    cause: ['code: result'],
    why: 'Tickets that nobody diagnosed count as known.',
  },
  {
    id: 'code-high-when-asked',
    kind: 'code',
    edits: [[WORKFLOW, "escalation?.option === 'wake' ? 'high'", "escalation !== undefined ? 'high'"]],
    changes: 'outcome',
    cause: ['code: step assign'],
    why: 'The team that was let sleep gets a high priority.',
  },
  {
    id: 'code-small-letters',
    kind: 'code',
    edits: [
      [
        WORKFLOW,
        "step.tool('assign', { ticketId: ticket.ticketId,",
        "step.tool('assign', { ticketId: ticket.ticketId.toLowerCase(),",
      ],
    ],
    changes: 'outcome',
    cause: ['code: step assign'],
    why: 'Another ticket is assigned.',
  },
  {
    id: 'code-not-observed',
    kind: 'code',
    step: 'routed',
    edits: [[WORKFLOW, "  step.observe('routed', { ...route, atWork });\n", '  atWork satisfies boolean;\n']],
    changes: 'request',
    why: 'The trace has a note less.',
  },
  {
    id: 'code-observed-in-another-order',
    kind: 'code',
    edits: [[WORKFLOW, '{ ...route, atWork }', '{ atWork, priority: route.priority, queue: route.queue }']],
    changes: 'none',
    why: 'The same object with its keys in another order.',
  },
  {
    id: 'code-evidence-with-tier',
    kind: 'code',
    step: 'escalate',
    edits: [
      [
        WORKFLOW,
        '{ ticketId: ticket.ticketId, message }) : undefined',
        '{ ticketId: ticket.ticketId, message, tier }) : undefined',
      ],
    ],
    changes: 'request',
    why: 'The person sees more, and decides the same.',
  },
  {
    id: 'code-another-tool-offered',
    kind: 'code',
    step: 'diagnose',
    edits: [[WORKFLOW, "tools: ['getStatus']", "tools: ['getStatus', 'getAccount']"]],
    changes: 'request',
    why: 'The agent may call a tool that its prompt does not speak of.',
  },
  {
    id: 'code-five-turns',
    kind: 'code',
    edits: [[WORKFLOW, "{ tools: ['getStatus'] }", "{ tools: ['getStatus'], maxTurns: 2 }"]],
    changes: 'none',
    why: 'Two turns are what it takes.',
  },
  {
    id: 'code-facts-turned',
    kind: 'code',
    edits: [[WORKFLOW, '{ ticket: { message, tier } }', '{ ticket: { tier, message } }']],
    changes: 'none',
    why: 'Facts are rendered with sorted keys.',
  },
  {
    id: 'code-if-instead',
    kind: 'code',
    edits: [
      [
        WORKFLOW,
        `  const diagnosis =\n${DIAGNOSIS}`,
        "  const diagnose = () =>\n    step.agent('diagnose', { ticket: { component, message } }, { tools: ['getStatus'] }, Diagnosis);\n  let diagnosis: Awaited<ReturnType<typeof diagnose>> | undefined;\n  if (route.queue === 'technical') diagnosis = await diagnose();",
      ],
    ],
    changes: 'none',
    why: 'The same call, behind a function and an if.',
  },
  {
    id: 'code-undefined-member',
    kind: 'code',
    edits: [
      [
        WORKFLOW,
        '...(escalation === undefined ? {} : { escalatedBy: escalation.by }),',
        'escalatedBy: escalation?.by,',
      ],
    ],
    changes: 'none',
    why: 'A member that is undefined is not there, in JSON.',
  },
  {
    id: 'code-same-enum',
    kind: 'code',
    edits: [
      [
        MISSION,
        'queue: Route.shape.queue, priority: Route.shape.priority',
        "queue: z.enum(['billing', 'technical', 'security', 'general']), priority: Route.shape.priority",
      ],
    ],
    changes: 'none',
    why: 'The same schema, written out.',
  },
  {
    id: 'mixed-prompt-among-others',
    kind: 'mixed',
    edits: [
      [MISSION, PREMIUM, NO_PREMIUM],
      [MISSION, 'Wake the security team?', 'Shall the security team be woken?'],
      [WORKFLOW, '{ ...route, atWork }', '{ atWork, ...route }'],
      [WORKFLOW, "tools: ['getStatus']", "tools: ['getStatus', 'getAccount']"],
    ],
    changes: 'outcome',
    cause: ['prompt route'],
    why: 'Only the prompt changes priorities.',
  },
  {
    id: 'mixed-two-causes',
    kind: 'mixed',
    edits: [
      [MISSION, PREMIUM, NO_PREMIUM],
      [WORKFLOW, 'diagnosis?.known ?? false', 'diagnosis?.known ?? true'],
    ],
    changes: 'outcome',
    cause: ['code: result', 'prompt route', 'prompt route together with code: result'],
    why: 'Premium tickets that were diagnosed change by the prompt, ordinary ones that were not by the code, the rest by both.',
  },
  {
    id: 'mixed-nothing',
    kind: 'mixed',
    edits: [
      [MISSION, 'models: { reader:', 'models: { anyone:'],
      [MISSION, 'businessHours: { from: 8, to: 18 }', 'businessHours: { from: 8, to: 18, days: 5 }'],
      [WORKFLOW, '{ ticket: { message, tier } }', '{ ticket: { tier, message } }'],
    ],
    changes: 'none',
    why: 'Three changes, none of which any run can notice.',
  },
];

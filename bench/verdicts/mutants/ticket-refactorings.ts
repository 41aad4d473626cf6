/** Refactorings of ticket-routing. */
import { type Mutant, refactoring } from '../mutant.ts';

const MISSION = 'workflows/ticket-routing/mission.ts';
const WORKFLOW = 'workflows/ticket-routing/workflow.ts';
const ASSIGN =
  "const { assignment } = await step.tool('assign', { ticketId: ticket.ticketId, queue: route.queue, priority });";

export const ticketRefactorings: readonly Mutant[] = [
  refactoring('code', 'account-whole', 'The answer is taken apart a line later.', [
    WORKFLOW,
    "const { tier } = await step.tool('getAccount', { account: ticket.account });",
    "const account = await step.tool('getAccount', { account: ticket.account });\n  const { tier } = account;",
  ]),
  refactoring('code', 'ticket-by-members', 'The same two members.', [
    WORKFLOW,
    'const { message, component } = ticket;',
    'const message = ticket.message;\n  const component = ticket.component;',
  ]),
  refactoring('code', 'clock-named', 'The same hour.', [
    WORKFLOW,
    'const hour = new Date().getUTCHours();',
    'const clock = new Date();\n  const hour = clock.getUTCHours();',
  ]),
  refactoring('code', 'hours-negated', 'Not outside is inside.', [
    WORKFLOW,
    '(now) => now >= rules.businessHours.from && now < rules.businessHours.to,',
    '(now) => !(now < rules.businessHours.from || now >= rules.businessHours.to),',
  ]),
  refactoring('code', 'urgent-named', 'The condition has a name.', [
    WORKFLOW,
    "const escalation =\n    route.queue === 'security' ?",
    "const urgent = route.queue === 'security';\n  const escalation = urgent ?",
  ]),
  refactoring('code', 'priority-by-if', 'A variable instead of a condition.', [
    WORKFLOW,
    "const priority = escalation?.option === 'wake' ? 'high' : route.priority;",
    "let { priority } = route;\n  if (escalation?.option === 'wake') priority = 'high';",
  ]),
  refactoring('code', 'known-by-condition', 'What `?.` and `??` do.', [
    WORKFLOW,
    'knownIncident: diagnosis?.known ?? false,',
    'knownIncident: diagnosis === undefined ? false : diagnosis.known,',
  ]),
  refactoring('code', 'assign-input-named', 'The same input with its members in another order.', [
    WORKFLOW,
    ASSIGN,
    "const { ticketId } = ticket;\n  const { queue } = route;\n  const { assignment } = await step.tool('assign', { priority, queue, ticketId });",
  ]),
  refactoring('code', 'escalated-by-and', 'Nothing is spread where nobody was asked.', [
    WORKFLOW,
    '...(escalation === undefined ? {} : { escalatedBy: escalation.by }),',
    '...(escalation && { escalatedBy: escalation.by }),',
  ]),
  refactoring('code', 'observed-member-by-member', 'A route has two members.', [
    WORKFLOW,
    '{ ...route, atWork }',
    '{ queue: route.queue, priority: route.priority, atWork }',
  ]),
  refactoring('code', 'technical-negated-twice', 'Not another is this one.', [
    WORKFLOW,
    "route.queue === 'technical'\n",
    "!(route.queue !== 'technical')\n",
  ]),
  refactoring('code', 'context-taken-apart', 'The context is taken apart a line later.', [
    WORKFLOW,
    'async ({ step, rules }, ticket) => {',
    'async (context, ticket) => {\n  const { step, rules } = context;',
  ]),
  refactoring('code', 'output-spread', 'The same members, by way of a shape.', [
    MISSION,
    'output: Route.extend({ knownIncident',
    'output: z.object({ ...Route.shape, knownIncident',
  ]),
  refactoring('prompt', 'prompt-with-a-constant', 'A template with a constant in it is the same text.', [
    MISSION,
    '- Otherwise, route to general.',
    "- Otherwise, ${'route'} to general.",
  ]),
  refactoring('model', 'model-members-turned', 'Members of an object have no order.', [
    MISSION,
    "{ model: 'local/instruction-reader', temperature: 0 }",
    "{ temperature: 0, model: 'local/instruction-reader' }",
  ]),
  refactoring('rule', 'rule-members-turned', 'The code reads them by name.', [
    MISSION,
    'businessHours: { from: 8, to: 18 }',
    'businessHours: { to: 18, from: 8 }',
  ]),
  refactoring(
    'tool',
    'tool-output-named',
    'The same schema, with a name.',
    [
      MISSION,
      'export const ticketRouting =',
      'const Status = z.object({ openIncident: z.boolean() });\n\nexport const ticketRouting =',
    ],
    [MISSION, 'output: z.object({ openIncident: z.boolean() })', 'output: Status'],
  ),
  refactoring('decision', 'decision-members-turned', 'Members of an object have no order.', [
    MISSION,
    "{ question: 'Wake the security team?', options: ['wake', 'wait'] }",
    "{ options: ['wake', 'wait'], question: 'Wake the security team?' }",
  ]),
  refactoring(
    'mixed',
    'all-tidied',
    'Each of them is equivalent, and so are all together.',
    [MISSION, 'businessHours: { from: 8, to: 18 }', 'businessHours: { to: 18, from: 8 }'],
    [MISSION, '- Otherwise, route to general.', "- Otherwise, ${'route'} to general."],
    [WORKFLOW, 'knownIncident: diagnosis?.known ?? false,', 'knownIncident: diagnosis ? diagnosis.known : false,'],
    [WORKFLOW, '{ ...route, atWork }', '{ atWork, ...route }'],
  ),
];

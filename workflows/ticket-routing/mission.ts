/** Ticket routing: which queue, how urgent, and a first diagnosis. A second mission, to start one of your own from. */
import { defineMission, redact } from 'mission-runtime/mission';
import * as z from 'zod';

export const Route = z.object({
  queue: z.enum(['billing', 'technical', 'security', 'general']),
  priority: z.enum(['low', 'normal', 'high']),
});

export const Diagnosis = z.object({ known: z.boolean(), reason: z.string() });

export const ticketRouting = defineMission({
  name: 'ticket-routing',
  description: 'Sends a support ticket where it belongs.',
  input: z.object({
    ticketId: z.string(),
    account: redact.personal(z.string()),
    component: z.string(),
    message: z.string(),
  }),
  output: Route.extend({ knownIncident: z.boolean(), assignment: z.string(), escalatedBy: z.string().optional() }),
  models: { reader: { model: 'local/instruction-reader', temperature: 0 } },
  prompts: {
    route: `Route the ticket of a customer.
- Route questions about invoices or payments to billing.
- Route to technical when the customer reports an outage or a crash.
- Always route reports of a security breach to security.
- Otherwise, route to general.
- Priority is high when the service is down or the customer is a premium customer.
- Set the priority to low if the message is a feature request.
- By default, set the priority to normal.

{{ticket}}`,
    diagnose: `Find out whether the ticket is about an incident that we know of. Use getStatus first.
- Known is true when the component has an open incident.

{{ticket}}`,
  },
  rules: { businessHours: { from: 8, to: 18 } },
  tools: {
    getAccount: {
      effect: 'read',
      input: z.object({ account: z.string() }),
      output: z.object({ tier: z.enum(['free', 'premium']) }),
    },
    getStatus: {
      effect: 'read',
      input: z.object({ component: z.string() }),
      output: z.object({ openIncident: z.boolean() }),
    },
    assign: {
      effect: 'write',
      input: z.object({ ticketId: z.string(), queue: Route.shape.queue, priority: Route.shape.priority }),
      output: z.object({ assignment: z.string() }),
    },
  },
  decisions: { escalate: { question: 'Wake the security team?', options: ['wake', 'wait'] } },
});

/** The side effects of ticket-routing, on a desk that lives in memory. */
import { defineActivities, defineTools } from 'mission-runtime/activity';
import { ticketRouting } from '../workflows/ticket-routing/mission.ts';

const INCIDENTS = new Set(['checkout']);

const tools = defineTools(ticketRouting, {
  getAccount: ({ account }) => ({ tier: account.startsWith('premium') ? 'premium' : 'free' }),
  getStatus: ({ component }) => ({ openIncident: INCIDENTS.has(component) }),
  assign: ({ ticketId, queue }) => ({ assignment: `${queue}/${ticketId}` }),
});

export default defineActivities({ tools });

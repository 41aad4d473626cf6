import { Diagnosis, ticketRouting as mission, Route } from './mission.ts';

export const ticketRouting = mission.workflow(async ({ step, rules }, ticket) => {
  const { tier } = await step.tool('getAccount', { account: ticket.account });
  const { message, component } = ticket;
  const route = await step.model('route', { ticket: { message, tier } }, Route);
  const diagnosis =
    route.queue === 'technical'
      ? await step.agent('diagnose', { ticket: { message, component } }, { tools: ['getStatus'] }, Diagnosis)
      : undefined;

  const hour = new Date().getUTCHours();
  const atWork = step.rule(
    'business-hours',
    hour,
    (now) => now >= rules.businessHours.from && now < rules.businessHours.to,
  );
  step.observe('routed', { ...route, atWork });
  const escalation =
    route.queue === 'security' ? await step.decide('escalate', { ticketId: ticket.ticketId, message }) : undefined;

  const priority = escalation?.option === 'wake' ? 'high' : route.priority;
  const { assignment } = await step.tool('assign', { ticketId: ticket.ticketId, queue: route.queue, priority });
  return {
    queue: route.queue,
    priority,
    knownIncident: diagnosis?.known ?? false,
    assignment,
    ...(escalation === undefined ? {} : { escalatedBy: escalation.by }),
  };
});

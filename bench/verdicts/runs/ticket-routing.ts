import { answering, type WantedRun } from '../wanted-run.ts';

interface Ticket {
  readonly message: string;
  readonly component?: string;
  readonly account?: string;
  readonly drive?: WantedRun['drive'];
}

const TICKETS: readonly Ticket[] = [
  { message: 'I was charged twice on my credit card.' },
  { message: 'I was charged twice on my credit card.', account: 'premium-2' },
  { message: 'Where can I download my last invoice?' },
  { message: 'The payment was refused three times today.', account: 'premium-5' },
  { message: 'The checkout page crashes.', component: 'checkout' },
  { message: 'The app crashes at start.', account: 'premium-1' },
  { message: 'The app crashes whenever I open a project.' },
  { message: 'There is an outage, nothing loads since this morning.', component: 'checkout', account: 'premium-3' },
  { message: 'The service is down for all of us.' },
  { message: 'It would be great to have dark mode.' },
  { message: 'A suggestion: please add an export of all reports.', account: 'premium-4' },
  { message: 'How do I change the name of my team?' },
  { message: 'Where are your offices?', account: 'premium-6' },
  { message: 'Our account was hacked.', drive: answering('wake') },
  { message: 'We found a vulnerability in the search page.', drive: answering('wait', 'tomorrow is early enough') },
  { message: 'A security breach: our keys are on a public page.', account: 'premium-7', drive: answering('wake') },
];

export const ticketRuns: readonly WantedRun[] = TICKETS.map(({ message, component, account, drive }, index) => ({
  input: {
    ticketId: `T-${index + 1}`,
    account: account ?? `free-${index + 1}`,
    component: component ?? 'search',
    message,
  },
  ...(drive !== undefined && { drive }),
}));

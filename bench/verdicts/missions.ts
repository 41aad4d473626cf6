/** The missions of the bench: two that come with the product, and two of its own. */
import { fileURLToPath } from 'node:url';
import type { BenchMission } from './bench-mission.ts';
import { deliveryCode } from './mutants/delivery-code.ts';
import { deliveryDefinition } from './mutants/delivery-definition.ts';
import { deliveryRefactorings } from './mutants/delivery-refactorings.ts';
import { invoiceCode } from './mutants/invoice-code.ts';
import { invoiceDefinition } from './mutants/invoice-definition.ts';
import { invoiceRefactorings } from './mutants/invoice-refactorings.ts';
import { refundCode } from './mutants/refund-code.ts';
import { refundDefinition } from './mutants/refund-definition.ts';
import { refundMixed } from './mutants/refund-mixed.ts';
import { refundRefactorings } from './mutants/refund-refactorings.ts';
import { ticketCode } from './mutants/ticket-code.ts';
import { ticketDefinition } from './mutants/ticket-definition.ts';
import { ticketRefactorings } from './mutants/ticket-refactorings.ts';
import { deliveryRuns } from './runs/delivery-watch.ts';
import { invoiceRuns } from './runs/invoice-approval.ts';
import { refundRuns } from './runs/refund-eligibility.ts';
import { ticketRuns } from './runs/ticket-routing.ts';

const product = fileURLToPath(new URL('../..', import.meta.url));
const own = fileURLToPath(new URL('./missions', import.meta.url));

export const benchMissions: readonly BenchMission[] = [
  {
    name: 'refund-eligibility',
    root: product,
    runs: refundRuns,
    mutants: [...refundDefinition, ...refundCode, ...refundMixed, ...refundRefactorings],
  },
  {
    name: 'ticket-routing',
    root: product,
    runs: ticketRuns,
    mutants: [...ticketDefinition, ...ticketCode, ...ticketRefactorings],
  },
  {
    name: 'invoice-approval',
    root: own,
    runs: invoiceRuns,
    mutants: [...invoiceDefinition, ...invoiceCode, ...invoiceRefactorings],
  },
  {
    name: 'delivery-watch',
    root: own,
    runs: deliveryRuns,
    mutants: [...deliveryDefinition, ...deliveryCode, ...deliveryRefactorings],
  },
];

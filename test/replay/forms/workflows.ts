/** Workflows of the forms that a history can take which those of `plain` have not. */
export {
  cancelsGoneKid,
  cancelsKid,
  cancelsUnsentKid,
  kid,
  kidEnds,
  kidIsThere,
  leavesKid,
  signalsGoneKid,
} from './children.ts';
export { answers, interferedWith, listensLate, refusesToEnd, takesBack, writesToNobody } from './messages.ts';
export { givesUp, givesUpBetween, givesUpLocally, works, worksLocally } from './work.ts';

/** What the operations of the Nexus tests are called with. */
import { operation, service } from 'nexus-rpc';

export const desk = service('desk', {
  greet: operation<string, string>(),
  refuse: operation<string, string>(),
  work: operation<string, string>(),
});

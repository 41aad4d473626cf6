/**
 * The SDK's reused V8 context, made as an ordinary one.
 *
 * The SDK makes its contexts around an object of the host: V8 then asks Node for every global that code inside reads
 * (`Object`, `Promise`, `globalThis.…`), and optimises none of these reads. An ordinary context has globals of its own.
 */
import vm from 'node:vm';
import { ReusableVMWorkflowCreator } from '@temporalio/worker/lib/workflow/reusable-vm.js';

type CreatorArguments = ConstructorParameters<typeof ReusableVMWorkflowCreator>;

export class OrdinaryContextCreator extends ReusableVMWorkflowCreator {
  constructor(...given: CreatorArguments) {
    const { createContext } = vm;
    vm.createContext = (_, options) => createContext(vm.constants.DONT_CONTEXTIFY, options);
    try {
      super(...given);
    } finally {
      vm.createContext = createContext;
    }
  }
}

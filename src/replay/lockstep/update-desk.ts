/** Updates under way: which were accepted, so that a response can be matched with the event it leaves. */
import { type Command, EventType, type HistoryEvent, type Job } from '../proto.ts';
import { PlainMachine, type QueuedCommand } from './machines.ts';

export class UpdateDesk {
  readonly #accepted = new Set<string>();

  /** The job that brings an update to the workflow, from the event of its acceptance (or admission). */
  requestJob(event: HistoryEvent): Job | undefined {
    const {
      workflowExecutionUpdateAcceptedEventAttributes: accepted,
      workflowExecutionUpdateAdmittedEventAttributes: admitted,
    } = event;
    const request = accepted?.acceptedRequest ?? admitted?.request;
    const protocolInstanceId = accepted?.protocolInstanceId ?? request?.meta?.updateId;
    if (!request || !protocolInstanceId) return undefined;
    return {
      doUpdate: {
        id: request.meta?.updateId ?? protocolInstanceId,
        protocolInstanceId,
        name: request.input?.name ?? '',
        input: request.input?.args?.payloads ?? [],
        headers: request.input?.header?.fields ?? {},
        meta: request.meta ?? null,
        runValidator: false,
      },
    };
  }

  /** The command that a response queues: a rejection of an update that was never accepted leaves nothing. */
  take(response: NonNullable<Command['updateResponse']>, command: Command): readonly QueuedCommand[] {
    const id = response.protocolInstanceId ?? '';
    const machine = new PlainMachine();
    if (response.accepted) {
      this.#accepted.add(id);
      return [{ machine, eventType: EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED, command }];
    }
    if (!this.#accepted.has(id)) return [];
    return [{ machine, eventType: EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED, command }];
  }
}

/** Says why a Temporal server cannot be used, and what to do: a pure reading of what the failed call answered. */
import { assertNever } from '../shared/assert-never.ts';
import { MissionError } from '../shared/errors.ts';
import type { GrpcStatus } from './grpc-status.ts';

/** Who named the address: `default` is Temporal's own, `embedded` the project's own server. */
export type ConnectionSource = 'option' | 'environment' | 'profile' | 'default' | 'embedded';

export interface ConnectFailure {
  readonly address: string;
  readonly namespace: string;
  readonly source: ConnectionSource;
  readonly profile: string;
  /** What the server answered, when it answered. */
  readonly status: GrpcStatus | undefined;
  /** The SDK's message, free of secrets. */
  readonly reason: string;
  readonly waitedMs: number;
}

/** The error for a failure: address, namespace, where the address is from, and the remedy that fits what happened. */
export function connectError(failure: ConnectFailure): MissionError {
  const { address, namespace, status, source } = failure;
  return new MissionError('TEMPORAL_UNAVAILABLE', `${whatHappened(failure)} (${whereFrom(failure)})`, {
    remedy: remedyFor(failure),
    details: { address, namespace, source, status: status ?? null },
    cause: new Error(failure.reason),
  });
}

function whatHappened({ address, namespace, status, reason, waitedMs }: ConnectFailure): string {
  switch (status) {
    case 'NOT_FOUND':
      return `The Temporal server at ${address} has no namespace "${namespace}".`;
    case 'UNAUTHENTICATED':
    case 'PERMISSION_DENIED':
      return `The Temporal server at ${address} refuses access to namespace "${namespace}": ${firstLine(reason)}.`;
    default:
      return `No Temporal server answers at ${address} for namespace "${namespace}" within ${waitedMs / 1_000} s: ${firstLine(reason)}.`;
  }
}

function whereFrom({ source, profile }: ConnectFailure): string {
  switch (source) {
    case 'option':
      return 'address given as an option';
    case 'environment':
      return 'address from TEMPORAL_ADDRESS';
    case 'profile':
      return `address from profile "${profile}" of Temporal's configuration file`;
    case 'default':
      return "Temporal's default address";
    case 'embedded':
      return 'the embedded server';
    default:
      return assertNever(source);
  }
}

function remedyFor({ status, namespace, address, source }: ConnectFailure): string {
  switch (status) {
    case 'NOT_FOUND':
      return `Create it (temporal operator namespace create --namespace ${namespace}), or set TEMPORAL_NAMESPACE to one that exists.`;
    case 'UNAUTHENTICATED':
    case 'PERMISSION_DENIED':
      return 'Check TEMPORAL_API_KEY or the client certificate, and that they are for this namespace.';
    default:
      return source === 'embedded'
        ? 'Try again; it is then started anew on its data.'
        : `Check that the server runs, that ${address} is right, and whether it wants TLS (TEMPORAL_TLS=true). ` +
            'Where no address is set at all, the project gets a server of its own.';
  }
}

function firstLine(text: string): string {
  return (text.trim().split('\n')[0] ?? '').replace(/\.$/, '');
}

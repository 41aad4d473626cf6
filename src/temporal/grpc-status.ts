/** The gRPC status codes that mean something to us (grpc.io, "Status codes and their use in gRPC"). */

export const GRPC_STATUS = {
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  FAILED_PRECONDITION: 9,
  UNIMPLEMENTED: 12,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
} as const;

export type GrpcStatus = keyof typeof GRPC_STATUS;

/** The status of a failed call, or `undefined` when the error has none or one that means nothing to us. */
export function grpcStatusOf(error: unknown): GrpcStatus | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const code: unknown = 'code' in error ? error.code : undefined;
  const names = Object.keys(GRPC_STATUS) as GrpcStatus[];
  return names.find((name) => GRPC_STATUS[name] === code) ?? ('cause' in error ? grpcStatusOf(error.cause) : undefined);
}

/**
 * Stands in for `@temporalio/core-bridge` where the SDK's sandbox runs without a worker: it takes these errors of it and nothing else. The real
 * one loads a native library, and all of gRPC for the types of its errors; a confined process has no use for either.
 */
class ShutdownError extends Error {}
class TransportError extends Error {}
class UnexpectedError extends Error {}

export const errors = { ShutdownError, TransportError, UnexpectedError };

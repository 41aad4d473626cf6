import type { temporal } from '@temporalio/proto';
import { isJsonObject } from '../shared/json.ts';
import { payloadToJson } from './payloads.ts';

/**
 * What a failure says. A failure converter with `encodeCommonAttributes` moves the message into a payload, and leaves the
 * same words in every failure.
 */
export function failureMessage({ message, encodedAttributes }: temporal.api.failure.v1.IFailure): string {
  const encoded = encodedAttributes ? payloadToJson(encodedAttributes) : undefined;
  if (encoded !== undefined && isJsonObject(encoded) && typeof encoded['message'] === 'string') {
    return encoded['message'];
  }
  return message ?? '';
}

/** Checks the input of a run against its version's schema before anything is started. */
import type { MissionDefinition } from '../mission/definition.ts';
import { MissionError } from '../shared/errors.ts';
import { findNonJson, type Json, type JsonObject } from '../shared/json.ts';
import { misfitOf } from '../shared/schema-misfit.ts';

/**
 * @param version - `refund-eligibility@3`, for the message
 * @returns the input as JSON. It goes to the run as given: defaults are filled in there, by the version's own schema. A schema
 * that has no zod form is not checked here; the run itself checks with the schema that its author wrote.
 * @throws MissionError `INPUT_INVALID` naming the first place that does not fit.
 */
export function checkInput(definition: MissionDefinition, input: unknown, version: string): Json {
  const nonJson = findNonJson(input);
  if (nonJson !== undefined) throw invalid(version, definition, nonJson.pointer, `there is ${nonJson.found}`);
  const misfit = misfitOf(definition.input as JsonObject, input as Json);
  if (misfit !== undefined) throw invalid(version, definition, misfit.pointer, misfit.problem);
  return input as Json;
}

function invalid(version: string, definition: MissionDefinition, pointer: string, reason: string): MissionError {
  const where = pointer === '' ? 'The input' : `The input at ${pointer}`;
  return new MissionError('INPUT_INVALID', `${where} does not fit ${version}: ${reason}.`, {
    remedy: 'Nothing was started. Correct the input; the schema is in the details.',
    details: { version, pointer, schema: definition.input as JsonObject },
  });
}

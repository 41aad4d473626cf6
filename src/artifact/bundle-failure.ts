/** Turns what esbuild says into one error of ours, with the place and what to do. */
import type { BuildFailure, Message } from 'esbuild';
import { MissionError, messageOf } from '../shared/errors.ts';

/**
 * @param what - what was being bundled, for people: `the workflow code of refund-eligibility`
 * @returns a MissionError `MISSION_BUNDLE_FAILED`; further errors of the same build are in `details.errors`.
 */
export function bundleFailure(what: string, error: unknown): MissionError {
  const messages = isBuildFailure(error) ? error.errors : [];
  const [first] = messages;
  if (first === undefined) {
    return new MissionError('MISSION_BUNDLE_FAILED', `Could not bundle ${what}: ${messageOf(error)}`, { cause: error });
  }
  const others = messages.length > 1 ? ` (and ${messages.length - 1} more)` : '';
  return new MissionError('MISSION_BUNDLE_FAILED', `Could not bundle ${what}: ${describe(first)}${others}`, {
    remedy: remedyFor(first),
    details: { errors: messages.map(describe) },
    cause: error,
  });
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return typeof error === 'object' && error !== null && Array.isArray((error as { errors?: unknown }).errors);
}

/** `workflows/triage/workflow.ts:3:22: Expected ";" but found "wrld"` and the line itself. */
function describe({ location, text }: Message): string {
  if (location === null) return text;
  const source = location.lineText.trim();
  return `${location.file}:${location.line}:${location.column + 1}: ${text}${source === '' ? '' : `\n  ${source}`}`;
}

function remedyFor(message: Message): string {
  const given = (message.detail as { readonly remedy?: string } | undefined)?.remedy;
  if (given !== undefined) return given;
  if (message.text.startsWith('Could not resolve')) {
    return 'Check the spelling of the import, and that the package is installed in this project (npm install).';
  }
  if (message.text.includes('Top-level await')) return 'Move the await into a function: modules are loaded at once.';
  return 'Correct the source at that place and run the command again; nothing was published.';
}

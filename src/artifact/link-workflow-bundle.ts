/**
 * Artifact → workflow bundle, for Temporal's `Worker.create({ workflowBundle })` and for replay.
 *
 * Invariants
 * 1. Linking is concatenation: the template of the SDK, then a constant that holds the artifact's code as functions.
 *    Nothing is bundled, and the code is parsed once for all its hybrids (this code, that definition): they cost a few
 *    milliseconds.
 * 2. The mission's workflow type is its name. Other functions that the author exports keep their names.
 * 3. The code sees the given definition only, never the literals that its source was written with.
 */

import type { MissionDefinition } from '../mission/definition.ts';
import { digestOfJson, shortDigest } from '../shared/digest.ts';
import { canonicalJson, jsonEquals } from '../shared/json.ts';
import type { Artifact } from './artifact.ts';
import { definitionJson } from './definition-json.ts';
import { type SdkTemplate, sdkTemplate } from './sdk-template.ts';
import { SHARED, shareSchemas } from './share-schemas.ts';

export interface LinkOptions {
  /** Another definition than the artifact's own: a hybrid. */
  readonly definition?: MissionDefinition;
  /** Code in front of the author's, on the line before its first: it may give `__MISSION_DEFINITION__` another value. */
  readonly prelude?: string;
  /** Whether all of the author's code stays where it is, for who counts what of it runs: no schemas are shared between runs then. @default false */
  readonly isWhole?: boolean;
}

/** In the form that Temporal's worker takes. */
export interface LinkedBundle {
  readonly code: string;
  /** Where in it the author's code begins, and in front of it the prelude. */
  readonly authorAt: number;
}

/**
 * Links an artifact with the SDK of this process.
 *
 * @throws MissionError `ARTIFACT_LOAD_FAILED` when the SDK part cannot be bundled.
 */
export async function linkWorkflowBundle(artifact: Artifact, options: LinkOptions = {}): Promise<LinkedBundle> {
  const template = await sdkTemplate();
  const definition = options.definition ?? artifact.definition;
  const before = [
    template.code,
    'const __MISSION_ARTIFACT__ = Object.freeze({',
    'library(require, module, exports) {',
    artifact.code.library.trimEnd(),
    '},',
    `workflow(require, module, exports, __MISSION_DEFINITION__, ${SHARED}) {${options.prelude ?? ''}`,
    '',
  ].join('\n');
  const own = artifact.code.workflow.trimEnd();
  const { workflow, schemas } = options.isWhole === true ? { workflow: own, schemas: '' } : shareSchemas(own);
  const after = [
    '',
    '},',
    'schemas(require, keep) {',
    schemas,
    '},',
    `mission: ${JSON.stringify(artifact.mission)},`,
    `definition: ${asciiLiteral(canonicalJson(definitionJson(definition)))},`,
    '});',
    // All runs see them.
    'Object.values(__MISSION_ARTIFACT__).forEach(Object.freeze);',
    '',
  ].join('\n');
  const map = sectionedMap(
    bundleName(artifact, definition),
    template,
    countLines(before),
    artifact.sourceMaps.workflow,
  );
  const comment = `//# sourceMappingURL=data:application/json;base64,${Buffer.from(map).toString('base64')}`;
  return { code: `${before}${workflow}${after}${comment}`, authorAt: before.length };
}

/** A string literal without characters beyond ASCII: one of them would double the memory of the whole bundle's text. */
function asciiLiteral(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[^\0-~]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Workers of one process tell their bundles by this name when they translate stack traces. */
function bundleName(artifact: Artifact, definition: MissionDefinition): string {
  const own = jsonEquals(definitionJson(definition), definitionJson(artifact.definition));
  const hybrid = own ? '' : `-with-${shortDigest(digestOfJson(definitionJson(definition)))}`;
  return `mission-${artifact.mission}-${shortDigest(artifact.digest)}${hybrid}.js`;
}

/** An index map (ECMA-426, section 9.1): the template's own map from the top, the author's from its first line. */
function sectionedMap(file: string, template: SdkTemplate, authorLine: number, authorMap: string): string {
  const sections = [
    `{"offset":{"line":0,"column":0},"map":${template.map}}`,
    `{"offset":{"line":${authorLine},"column":0},"map":${authorMap}}`,
  ];
  return `{"version":3,"file":${JSON.stringify(file)},"sections":[${sections.join(',')}]}`;
}

function countLines(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}

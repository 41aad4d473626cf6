/** The custom search attributes that runs are stamped with: what the server has, and adding what it lacks. */
import type { Connection } from '@temporalio/client';
import proto from '@temporalio/proto';
import { SEARCH_ATTRIBUTES } from '../mission/wire.ts';
import { messageOf } from '../shared/errors.ts';

const { IndexedValueType } = proto.temporal.api.enums.v1;

/** The names of all our search attributes; each is a keyword. */
export const SEARCH_ATTRIBUTE_NAMES: readonly string[] = Object.values(SEARCH_ATTRIBUTES);

export interface SearchAttributePlan {
  readonly missing: readonly string[];
  /** There under our name but of another type: runs cannot be stamped, and only a person can decide what to do. */
  readonly conflicting: readonly string[];
}

export type SearchAttributeState =
  | { readonly state: 'ready'; readonly added: readonly string[] }
  | { readonly state: 'conflict'; readonly names: readonly string[]; readonly hint: string }
  | { readonly state: 'refused'; readonly names: readonly string[]; readonly hint: string };

/** What is to be added, given the custom attributes of a namespace and their types. Pure. */
export function planSearchAttributes(custom: Readonly<Record<string, number>>): SearchAttributePlan {
  return {
    missing: SEARCH_ATTRIBUTE_NAMES.filter((name) => custom[name] === undefined),
    conflicting: SEARCH_ATTRIBUTE_NAMES.filter(
      (name) => ![undefined, IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD].includes(custom[name]),
    ),
  };
}

/** Reads which of our search attributes a namespace lacks. */
export async function inspectSearchAttributes(connection: Connection, namespace: string): Promise<SearchAttributePlan> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  return planSearchAttributes(customAttributes);
}

/**
 * Adds what the namespace lacks. A server where we may not (Temporal Cloud, a cluster with its own administration)
 * is an expected outcome: the hint says what its administrator does instead.
 */
export async function ensureSearchAttributes(connection: Connection, namespace: string): Promise<SearchAttributeState> {
  try {
    const { missing, conflicting } = await inspectSearchAttributes(connection, namespace);
    if (conflicting.length > 0) return conflict(conflicting, namespace);
    if (missing.length > 0) await addKeywords(connection, namespace, missing);
    return { state: 'ready', added: missing };
  } catch (error) {
    return { state: 'refused', names: SEARCH_ATTRIBUTE_NAMES, hint: `${messageOf(error)}. ${howToAdd(namespace)}` };
  }
}

/** The commands that add our search attributes by hand. */
export function howToAdd(namespace: string, names: readonly string[] = SEARCH_ATTRIBUTE_NAMES): string {
  const flags = names.map((name) => `--name ${name} --type Keyword`).join(' ');
  return (
    `Ask who administers the server to run: temporal operator search-attribute create --namespace ${namespace} ${flags}` +
    ' (on Temporal Cloud: add them in the namespace settings).'
  );
}

async function addKeywords(connection: Connection, namespace: string, names: readonly string[]): Promise<void> {
  const keyword = IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD;
  const searchAttributes = Object.fromEntries(names.map((name) => [name, keyword]));
  await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
}

function conflict(names: readonly string[], namespace: string): SearchAttributeState {
  const hint =
    `${names.join(', ')} exist in namespace ${namespace} with another type than Keyword. ` +
    'Use another namespace, or have them removed and created anew as Keyword.';
  return { state: 'conflict', names, hint };
}

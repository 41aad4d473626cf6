/** What an author writes: the typed form of a definition, from which the JSON form and all inference come. */
import type * as z from 'zod';
import type { Json } from '../shared/json.ts';
import type { DecisionDefinition, ModelDefinition } from './definition.ts';

/** A prompt: its template, or the template with a system message and the model it goes to (default: the model of the same name, else the only one). */
export type PromptSpec = string | { readonly text: string; readonly system?: string; readonly model?: string };

export interface ToolSpec {
  /** `read`: asking again changes nothing. `write`: acts on the world; never executed by a replay. */
  readonly effect: 'read' | 'write';
  readonly description?: string;
  readonly input: z.ZodType;
  readonly output: z.ZodType;
  /** How long one attempt may take, in milliseconds. @default 60000 */
  readonly timeoutMs?: number;
  /** Attempts in all, the first included. @default 5 */
  readonly attempts?: number;
  /** A read that a replay may ask again when its policy allows live reads. @default false */
  readonly replayable?: boolean;
}

/** A question for a person. */
export type DecisionSpec = Omit<DecisionDefinition, 'options'> & { readonly options: readonly [string, ...string[]] };

export interface MissionSpec {
  /** Lower-case letters, digits and hyphens: it is also the workflow type and the deployment name. */
  readonly name: string;
  readonly description?: string;
  readonly input: z.ZodType;
  readonly output: z.ZodType;
  readonly prompts?: Readonly<Record<string, PromptSpec>>;
  readonly models?: Readonly<Record<string, ModelDefinition>>;
  readonly rules?: Readonly<Record<string, Json>>;
  readonly tools?: Readonly<Record<string, ToolSpec>>;
  readonly decisions?: Readonly<Record<string, DecisionSpec>>;
  /**
   * What a run that continues as new goes on as: `at-continue-as-new` lets it begin its next link on the version that the
   * route sends new runs to by then. @default the version it is on, for its life
   */
  readonly upgrade?: 'at-continue-as-new';
}

/** The names of a group of the spec, `never` when the group is left out. */
export type NamesOf<Group> = Group extends Readonly<Record<infer Name, unknown>> ? Name & string : never;

type TextOf<Prompt> = Prompt extends string ? Prompt : Prompt extends { readonly text: infer Text } ? Text : never;

type PlacesOf<Text extends string> = Text extends `${string}{{${infer Place}}}${infer Rest}`
  ? Trim<Place> | PlacesOf<Rest>
  : never;

type Trim<Text extends string> = Text extends ` ${infer Rest}`
  ? Trim<Rest>
  : Text extends `${infer Rest} `
    ? Trim<Rest>
    : Text;

/** What a prompt needs: one value per `{{place}}` when its text is a literal, anything when it is read from a file. */
export type PromptVariables<Prompt> =
  string extends TextOf<Prompt>
    ? Readonly<Record<string, unknown>>
    : TextOf<Prompt> extends string
      ? Readonly<Record<PlacesOf<TextOf<Prompt>>, unknown>>
      : never;

/** Rules as their author reads them: the constants may change from version to version, so literals widen. */
export type RulesOf<Rules> = Rules extends object
  ? { readonly [Name in keyof Rules]: Widen<Rules[Name]> }
  : Readonly<Record<never, never>>;

type Widen<Value> = Value extends string
  ? string
  : Value extends number
    ? number
    : Value extends boolean
      ? boolean
      : Value extends readonly (infer Item)[]
        ? readonly Widen<Item>[]
        : Value extends object
          ? { readonly [Key in keyof Value]: Widen<Value[Key]> }
          : Value;

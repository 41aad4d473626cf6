/** Routes as they are written on a command line. Pure. */
import { Option } from 'commander';
import { type RouteWeight, WEIGHT_TOTAL } from '../registry/routes.ts';
import type { CallerAttributes } from '../routing/caller-attributes.ts';
import { type RouteRule, routeRule } from '../routing/route-rule.ts';
import { MissionError } from '../shared/errors.ts';
import type { Json } from '../shared/json.ts';
import { parseVersionOf } from '../shared/version-ref.ts';

/**
 * Reads `@2=90%` and its like; with percents of at most two decimals every share is whole parts of 10,000.
 *
 * @throws MissionError `USAGE` naming the share that cannot be read, or is of another mission's version.
 */
export function readWeights(texts: readonly string[], mission: string): RouteWeight[] {
  return texts.map((text) => {
    const match = /^([^=]+)=(\d{1,3}(?:\.\d{1,2})?)%$/.exec(text);
    const weight = Math.round(Number(match?.[2]) * (WEIGHT_TOTAL / 100));
    if (match === null || weight > WEIGHT_TOTAL) {
      throw new MissionError('USAGE', `"${text}" is not a version's share.`, {
        remedy: 'Write version=percent with at most two decimals, summing up to 100: @2=97.5% @3=2.5%.',
      });
    }
    return { version: parseVersionOf(mission, match[1] ?? '').number, weight };
  });
}

/**
 * Reads `staff: /customer/tier=staff|test & caller:/test=true -> @3`. A value is JSON where it can be read as JSON, else text.
 *
 * @throws MissionError `USAGE` naming the rule that cannot be read, or the version that is another mission's.
 */
export function readRule(text: string, mission: string): RouteRule {
  const match = /^\s*([^:]+?)\s*:\s*(.+?)\s*->\s*(\S+)\s*$/s.exec(text);
  // Without a name, the place would be taken for one.
  if (match === null || /^\s*caller:\//.test(text)) throw notARule(text);
  const [, name = '', conditions = '', target = ''] = match;
  const rule = routeRule.safeParse({
    name,
    when: conditions.split(/\s+&\s+/).map((condition) => readCondition(condition, text)),
    version: parseVersionOf(mission, target).number,
  });
  if (!rule.success) throw notARule(text);
  return rule.data;
}

function readCondition(condition: string, rule: string) {
  const at = condition.indexOf('=');
  if (at < 0) throw notARule(rule);
  return {
    pointer: condition.slice(0, at).trim(),
    oneOf: condition
      .slice(at + 1)
      .split('|')
      .map((value) => readValue(value.trim())),
  };
}

function readValue(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

/** The rule as it would be written. */
export function ruleText({ name, when, version }: RouteRule): string {
  const conditions = when.map(({ pointer, oneOf }) => `${pointer}=${oneOf.map(valueText).join('|')}`);
  return `${name}: ${conditions.join(' & ')} -> @${version}`;
}

/** A text that would be read as something else keeps its quotes. */
function valueText(value: unknown): string {
  return typeof value === 'string' && readValue(value) === value ? value : JSON.stringify(value);
}

/**
 * Reads `region=eu`, an attribute of the caller. A value is a number or a boolean where it can be read as one, else text.
 *
 * @throws MissionError `USAGE` when it is none.
 */
function readAttribute(text: string, before: CallerAttributes = {}): CallerAttributes {
  const [, name = '', value = ''] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === '') {
    throw new MissionError('USAGE', `"${text}" is not an attribute of the caller.`, {
      remedy: 'Write name=value, once for each: --attribute region=eu --attribute internal=true.',
    });
  }
  const read = readValue(value);
  return { ...before, [name]: read === null || typeof read === 'object' ? value : read };
}

/** `--attribute region=eu`, for commands that route. */
export function attributeOption(): Option {
  return new Option(
    '--attribute <name=value>',
    'of the caller, for rules on caller:/name, may be given several times',
  ).argParser(readAttribute);
}

function notARule(text: string): MissionError {
  return new MissionError('USAGE', `"${text}" is not a rule of a route.`, {
    remedy: `Write name: /pointer=value -> @version, for example --rule 'staff: /customer/tier=staff|test -> @3'. An attribute of the caller is caller:/name. Several conditions stand with & between them.`,
  });
}

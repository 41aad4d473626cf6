import { readFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { cell, tableLines } from '../../compare/render/layout.ts';
import type { Route } from '../../registry/routes.ts';
import type { RouteSet } from '../../release/set-route.ts';
import type { CallerAttributes } from '../../routing/caller-attributes.ts';
import type { ExplainedRoute } from '../../routing/explain-route.ts';
import { type RouteRule, routeRule } from '../../routing/route-rule.ts';
import { shortDigest } from '../../shared/digest.ts';
import { MissionError, messageOf } from '../../shared/errors.ts';
import { isJsonText, type Json } from '../../shared/json.ts';
import { formatVersionRef } from '../../shared/version-ref.ts';
import { addCommand, type Call, type CliHost, listOption, option } from '../command.ts';
import { type WaitOptions, waitOption, whileWaiting } from '../hosting-wait.ts';
import { EXIT } from '../io.ts';
import type { Output } from '../output.ts';
import { attributeOption, readRule, readWeights, ruleText } from '../read-route.ts';
import { readJson } from '../read-values.ts';
import { readShadows, shadowCells, shadowReasons, shadowTotals } from '../route-shadows.ts';
import { atMinute } from '../words.ts';

interface SetOptions extends WaitOptions {
  readonly reason: string;
  readonly revision?: number;
  /** `false`: all rules go. */
  readonly rules: boolean;
  readonly rule?: readonly string[];
  /** `false`: all shadows end. */
  readonly shadow?: readonly string[] | false;
  readonly force?: boolean;
  readonly undeclared?: boolean;
}

interface ExplainOptions {
  readonly input: string;
  readonly key?: string;
  readonly keyAt?: string;
  readonly attribute?: CallerAttributes;
}

/** Inputs that are shown one by one as text. */
const SHOWN = 20;

export function addRoute(program: Command, host: CliHost): void {
  const route = program.command('route').description('show, set or try out which versions new runs get');
  addCommand<object>(route, host, {
    usage: 'show [mission]',
    summary: 'the traffic table in force: rules, shares, who set it and on what ground',
    examples: [['mission route show', '']],
    run: show,
  });
  addCommand<SetOptions>(route, host, {
    usage: 'set <mission> <shares...>',
    summary: 'set the shares of versions; one without traffic so far needs a passing report',
    options: [
      option('--reason <text>', 'why; it is recorded').makeOptionMandatory(),
      option('--revision <number>', 'only if the route is still at this one, as show printed it', readRevision),
      new Option('--rule <rule>', 'goes before the shares, may be given several times (default: rules stay)').argParser(
        (text: string, before: string[] | undefined) => [...(before ?? []), text],
      ),
      option('--no-rules', 'without rules'),
      listOption(
        '--shadow <shares>',
        'a candidate that runs beside this share of the real runs: @5=10% (default: shadows stay)',
      ),
      option('--no-shadow', 'without shadows'),
      option('--force', 'without a passing report or a ready worker; the reason is recorded'),
      option('--undeclared', 'although a rule looks at a place that the input of no routed version declares'),
      waitOption(),
    ],
    examples: [
      ['mission route set refund-eligibility @2=95% @3=5% --reason "first customers"', ''],
      [`… --rule 'staff: /customer/tier=staff|test -> @3'`, 'staff get @3, whatever the shares'],
      [`… --rule 'eu: caller:/region=eu -> @3'`, 'callers who start with that attribute get @3'],
      ['mission route set refund-eligibility @2=100% --shadow @3=10% --reason "how would it do?"', 'no caller notices'],
    ],
    run: set,
  });
  addCommand<ExplainOptions>(route, host, {
    usage: 'explain [mission]',
    summary: 'try out which version inputs would get, and why; nothing is started',
    options: [
      option('--input <json>', 'JSON, @file.json, @file.jsonl with one input per line, or -').makeOptionMandatory(),
      option('--key <business key>', 'as mission start takes it'),
      option('--key-at <pointer>', 'the business key stands at this place of each input: /orderId'),
      attributeOption(),
    ],
    examples: [['mission route explain --input @requests.jsonl --key-at /customerId', 'counts by version']],
    run: explain,
  });
}

function readRevision(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new MissionError('USAGE', `"${text}" is not a revision.`, { remedy: 'mission route show prints it.' });
}

async function show({ context, output, args: [given] }: Call<object>): Promise<number> {
  const mission = await context.mission(given);
  const route = await currentRoute(await context.registry(), mission);
  await output.result(route, () => routeText(route, output));
  return EXIT.ok;
}

async function currentRoute(registry: Awaited<ReturnType<Call<object>['context']['registry']>>, mission: string) {
  const route = await registry.routes.current(mission);
  if (route !== undefined) return route;
  const latest = await registry.versions.latest(mission);
  throw new MissionError(
    latest === undefined ? 'MISSION_UNKNOWN' : 'NO_ACTIVE_VERSION',
    latest === undefined ? `The registry has no mission "${mission}".` : `${mission} has no route yet.`,
    {
      remedy:
        latest === undefined
          ? 'mission versions lists what is there.'
          : `Activate a version: mission activate ${formatVersionRef(latest)}.`,
      details: { mission },
    },
  );
}

function routeText(route: Route, { palette, width }: Output): string {
  const { report, forced } = route.activation;
  const ground = forced ? 'forced' : report === null ? '' : `report ${shortDigest(report)}`;
  const shares = route.weights.filter(({ weight }) => weight > 0);
  const command = `mission route set ${route.mission} ${shares.map(({ version, weight }) => `@${version}=${weight / 100}%`).join(' ')} --revision ${route.revision} --reason "…"`;
  return [
    `${palette.bold(route.mission)}  revision ${route.revision}`,
    palette.dim(
      `  set ${atMinute(route.createdAt)} UTC by ${route.by}: ${route.reason}${ground === '' ? '' : ` (${ground})`}`,
    ),
    ...readRules(route).map((rule) => `  rule ${ruleText(rule)}`),
    ...tableLines(
      [
        ...shares.map(({ version, weight }) => [cell(`@${version}`, palette.bold), cell(`${weight / 100} %`)]),
        ...route.shadows.map((shadow) => shadowCells(shadow, palette)),
      ],
      width,
    ),
    palette.dim(`  To change it: ${command}`),
  ].join('\n');
}

function readRules({ rules }: Pick<Route, 'rules'>): RouteRule[] {
  return rules.flatMap((rule) => routeRule.safeParse(rule).data ?? []);
}

async function set(call: Call<SetOptions>): Promise<number> {
  const { context, output, options, args } = call;
  const mission = args[0] ?? '';
  const shares = args[1] as unknown as readonly string[];
  const registry = await context.registry();
  const { setRoute } = await import('../../release/set-route.ts');
  const current = await registry.routes.current(mission);
  const rules = options.rule?.map((text) => readRule(text, mission));
  const wanted = {
    registry,
    mission,
    revision: options.revision ?? current?.revision ?? 0,
    weights: readWeights(shares, mission),
    rules: rules ?? (options.rules && current !== undefined ? readRules(current) : []),
    shadows: Array.isArray(options.shadow)
      ? readShadows(options.shadow, mission)
      : options.shadow === false
        ? []
        : current?.shadows,
    by: context.actor,
    reason: options.reason,
    force: options.force,
    undeclared: options.undeclared,
  };
  const done = await whileWaiting(call, (hosting) => setRoute({ ...wanted, hosting }));
  await output.result(done, () => setText(done, output));
  return EXIT.ok;
}

function setText({ route, before, grounds, undeclared, unhosted }: RouteSet, output: Output): string {
  const { palette } = output;
  const from = before === undefined ? '' : ` (before: revision ${before.revision})`;
  return [
    `${palette.green('✓')} revision ${route.revision} is in force${from}; open runs stay on their versions.`,
    ...grounds.map(({ version, ground }) => {
      const why = ground.kind === 'report' ? `report ${shortDigest(ground.digest)}` : ground.kind.replace('-', ' ');
      return `  @${version} takes traffic on the ground of: ${ground.kind === 'forced' ? palette.yellow('force') : why}`;
    }),
    ...undeclared.map(
      ({ rule, pointer }) =>
        `  ${palette.yellow('!')} The rule "${rule}" looks at ${pointer}, which no input declares: it applies only if callers send it all the same.`,
    ),
    ...(unhosted === undefined ? [] : [`  ${palette.yellow('No worker is ready')} (${unhosted}): new runs wait.`]),
    routeText(route, output),
  ].join('\n');
}

async function explain(call: Call<ExplainOptions>): Promise<number> {
  const { context, output, options, args } = call;
  const inputs = await readInputs(call);
  const mission = await context.mission(args[0]);
  const registry = await context.registry();
  const [{ routeTable }, { explainRoute }] = await Promise.all([
    import('../../routing/route-table.ts'),
    import('../../routing/explain-route.ts'),
  ]);
  const table = routeTable(await registry.routes.history(mission));
  if (table === undefined) {
    await currentRoute(registry, mission);
    return EXIT.error;
  }
  const { key, keyAt, attribute } = options;
  const keyOf = key !== undefined ? { key } : keyAt !== undefined ? { pointer: keyAt } : undefined;
  const explained = explainRoute(table, inputs, keyOf, attribute);
  await output.result({ mission, ...explained }, () => explainedText(explained, output));
  return EXIT.ok;
}

async function readInputs({ context, io, options: { input } }: Call<ExplainOptions>): Promise<Json[]> {
  if (input === '-') return readLines(await io.stdin(), 'The standard input');
  if (!input.startsWith('@')) return [readJson(input, 'The input')];
  const file = context.path(input.slice(1));
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new MissionError('USAGE', `The input file ${file} cannot be read: ${messageOf(error)}.`, {
      remedy: 'Name a file that is there, relative to the current folder.',
      cause: error,
    });
  });
  return file.endsWith('.jsonl') ? readLines(text, file) : [readJson(text, file)];
}

/** One input, or one per line. */
function readLines(text: string, what: string): Json[] {
  const lines = text.split('\n');
  if (lines.filter((line) => line.trim() !== '').length > 1 && isJsonText(text)) return [readJson(text, what)];
  return lines.flatMap((line, index) => (line.trim() === '' ? [] : [readJson(line, `${what}, line ${index + 1},`)]));
}

function explainedText(explained: ExplainedRoute, { palette, width }: Output): string {
  const { inputs, versions, revision } = explained;
  const [only, ...others] = inputs;
  const aside = inputs.some(({ isKeyMadeUp, rule }) => isKeyMadeUp && rule === undefined)
    ? [palette.dim('  No business key was given: keys are made up, and only the shares say something.')]
    : [];
  if (only !== undefined && others.length === 0) {
    const decided = `${palette.bold(`@${only.version}`)} by revision ${revision}: ${only.reason}`;
    return [decided, ...shadowReasons(only), ...aside].join('\n');
  }
  const share = (count: number) => `${((100 * count) / inputs.length).toFixed(1)} %`;
  const more = inputs.length > SHOWN ? [palette.dim(`  … ${inputs.length - SHOWN} more; --json has all`)] : [];
  return [
    `${inputs.length} inputs by revision ${revision}:`,
    ...tableLines(
      [
        ...versions.map(({ version, count, rules }) => [
          cell(`@${version}`, palette.bold),
          cell(String(count), undefined, { align: 'right' }),
          cell(share(count), undefined, { align: 'right' }),
          cell(rules === 0 ? '' : `${rules} by rules`, palette.dim),
        ]),
        ...shadowTotals(explained, palette),
      ],
      width,
    ),
    '',
    ...tableLines(
      inputs
        .slice(0, SHOWN)
        .map(({ line, businessKey, version, reason }) => [
          cell(`${line}`, palette.dim),
          cell(businessKey),
          cell(`@${version}`, palette.bold),
          cell(reason, palette.dim, { flexible: true }),
        ]),
      width,
    ),
    ...more,
    ...aside,
  ].join('\n');
}

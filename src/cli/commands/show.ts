import type { Command } from 'commander';
import { cell, tableLines, wrapText } from '../../compare/render/layout.ts';
import type { MissionDefinition } from '../../mission/definition.ts';
import type { Version } from '../../registry/versions.ts';
import { isJsonObject, type Json } from '../../shared/json.ts';
import { formatVersionRef } from '../../shared/version-ref.ts';
import { deploymentVersionOf } from '../../temporal/worker-deployments.ts';
import { addCommand, type Call, type CliHost } from '../command.ts';
import { EXIT } from '../io.ts';
import type { Output } from '../output.ts';
import { atMinute } from '../words.ts';

export function addShow(program: Command, host: CliHost): void {
  addCommand<object>(program, host, {
    usage: 'show <version>',
    summary: 'show a version: who, when, why, and everything in it that can change without code',
    examples: [['mission show @3', 'prompts, models, rules, tools and where it came from']],
    run,
  });
}

async function run({ context, output, args: [text = ''] }: Call<object>): Promise<number> {
  const ref = await context.ref(text);
  const registry = await context.registry();
  const version = await registry.versions.get(ref.mission, ref.number);
  const { definition, sources, builtWith } = await registry.artifacts.get(version.artifact);
  const files = Object.keys(sources);
  const deployment = deploymentVersionOf(await registry.deployments.nameOf(ref.mission), version.artifact);
  const onServer: Fact = ['on Temporal', `deployment ${deployment.deploymentName}, build id ${deployment.buildId}`];
  await output.result(
    { ref: formatVersionRef(version), ...version, deployment, definition, sources: files, builtWith },
    () =>
      [
        ...factLines(version, output, [onServer]),
        ...definitionLines(definition, output),
        '',
        ...section(
          'Source files',
          files.map((file) => [file]),
          output,
        ),
      ].join('\n'),
  );
  return EXIT.ok;
}

type Fact = readonly [name: string, value: string];

/** Who, when, why and from which commit, a line each. */
export function factLines(version: Version, { palette, width }: Output, more: readonly Fact[] = []): string[] {
  const { commit } = version;
  const facts: Fact[] = [
    ['published', `${atMinute(version.createdAt)} UTC by ${version.author}`],
    ...(version.restores === null
      ? []
      : [['restores', formatVersionRef({ mission: version.mission, number: version.restores })] as const]),
    ['why', version.message || '(no message)'],
    [
      'commit',
      commit === null
        ? '(not under git)'
        : `${commit.sha}${commit.branch === null ? '' : ` on ${commit.branch}`}${commit.dirty ? ', with uncommitted changes' : ''}`,
    ],
    ['artifact', version.artifact],
    ...(version.intended ?? []).map((change): [string, string] => ['meant to change', intendedText(change)]),
    ...more,
    [
      'made with',
      Object.entries(version.environment)
        .map(([name, value]) => `${name} ${value}`)
        .join(', '),
    ],
  ];
  return [
    palette.bold(formatVersionRef(version)),
    ...tableLines(
      facts.map(([name, value]) => [cell(name, palette.dim), cell(value, undefined, { flexible: true })]),
      width,
    ),
  ];
}

/** `late-returns: accepted for sixty days (ada)`. */
function intendedText(change: Json): string {
  if (!isJsonObject(change)) return '';
  const { name = '', reason = '', owner = '' } = change;
  return `${textOf(name)}: ${textOf(reason)} (${textOf(owner)})`;
}

function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** All that can change without code. */
export function definitionLines(definition: MissionDefinition, output: Output): string[] {
  const { palette, width } = output;
  const prompts = Object.entries(definition.prompts).flatMap(([name, { text, system, model }]) => [
    `  ${name} ${palette.dim(`→ model ${model}`)}`,
    ...[...(system === undefined ? [] : [system]), text]
      .flatMap((part) => part.split('\n').flatMap((line) => wrapText(line, width - 4)))
      .map((line) => `    ${line}`),
  ]);
  const tools = Object.entries(definition.tools).map(([name, { effect, replayable, description }]) => [
    name,
    `${effect}${replayable === true ? ', replayable' : ''}`,
    description ?? '',
  ]);
  const decisions = Object.entries(definition.decisions).map(([name, { question, options }]) => [
    name,
    question,
    options.join(' | '),
  ]);
  return [
    ...(prompts.length === 0 ? [] : ['', palette.bold('Prompts'), ...prompts]),
    ...blankBefore(
      section(
        'Models',
        Object.entries(definition.models).map(([name, model]) => [name, JSON.stringify(model)]),
        output,
      ),
    ),
    ...blankBefore(
      section(
        'Rules',
        Object.entries(definition.rules).map(([name, rule]) => [name, JSON.stringify(rule)]),
        output,
      ),
    ),
    ...blankBefore(section('Tools', tools, output)),
    ...blankBefore(section('Decisions', decisions, output)),
  ];
}

function section(title: string, rows: readonly (readonly string[])[], { palette, width }: Output): string[] {
  if (rows.length === 0) return [];
  const cells = rows.map((row) => row.map((text, index) => cell(text, undefined, { flexible: index > 0 })));
  return [palette.bold(title), ...tableLines(cells, width)];
}

function blankBefore(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', ...lines];
}

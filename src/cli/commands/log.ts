import type { Command } from 'commander';
import { wrapText } from '../../compare/render/layout.ts';
import type { LogEntry } from '../../release/mission-log.ts';
import { addCommand, type Call, type CliHost } from '../command.ts';
import { EXIT } from '../io.ts';
import type { Output } from '../output.ts';
import { atMinute } from '../words.ts';

export function addLog(program: Command, host: CliHost): void {
  addCommand<object>(program, host, {
    usage: 'log [mission]',
    summary: 'tell what happened to a mission: versions, traffic, replays, by whom and why',
    run,
  });
}

async function run({ context, output, args: [given] }: Call<object>): Promise<number> {
  const mission = await context.mission(given);
  const registry = await context.registry();
  const { missionLog } = await import('../../release/mission-log.ts');
  const entries = await missionLog(registry, mission);
  await output.result(entries, () => entries.map((entry) => entryText(entry, output)).join('\n'));
  return EXIT.ok;
}

const MARKS: Readonly<Record<LogEntry['kind'], string>> = {
  published: '●',
  'rolled-back': '↩',
  traffic: '→',
  replayed: '≟',
  drift: '≈',
  hosting: '⌂',
  moved: '→',
  stopped: '■',
  schedule: '◷',
};

function entryText({ at, kind, by, text, reason, audit }: LogEntry, { palette, width }: Output): string {
  const place = audit === undefined ? '' : `#${audit.seq}`;
  const head = `${palette.dim(atMinute(at))}  ${palette.cyan(MARKS[kind])} ${text}  ${palette.dim(`${by} ${place}`.trim())}`;
  const why =
    reason === undefined ? [] : wrapText(reason, width - 20).map((line) => `${' '.repeat(20)}${palette.dim(line)}`);
  return [head, ...why].join('\n');
}

/** What a person should do next, after a report. */
import { isJsonObject } from '../../shared/json.ts';
import type { Report } from '../report.ts';
import { recordingName } from './words.ts';

export interface NextStep {
  readonly command: string;
  readonly why: string;
}

/** The commands that lead on from a report, the most useful first. */
export function nextSteps(report: Report): NextStep[] {
  if (report.cohort.kind === 'histories') return plainSteps(report);
  const { candidate, baseline, verdict } = report;
  const example = exampleOf(report);
  const steps: NextStep[] = [];
  if (verdict.verdict === 'passed' && report.cohort.kind === 'picked') {
    steps.push({
      command: `mission replay ${candidate.name} --against ${baseline.name}`,
      why: 'on recordings that nobody picked: that is what an activation asks for',
    });
  } else if (verdict.verdict === 'passed') {
    steps.push({
      command: `mission activate ${candidate.name}`,
      why: 'let it take traffic; this report is its evidence',
    });
  }
  if (report.partial) {
    steps.push({
      command: `mission replay ${candidate.name} --against ${baseline.name}${answersOf(report)}`,
      why: 'the whole cohort this time',
    });
  }
  if (example !== undefined) {
    steps.push({
      command: `mission replay ${candidate.name} --against ${baseline.name} --runs ${shellWord(example)}${answersOf(report)}`,
      why: 'one run alone, its two traces side by side',
    });
    steps.push({ command: `mission trace ${shellWord(example)}`, why: 'what the run did, and why' });
  }
  const settling = drawsThatSettle(report);
  if (settling !== undefined) {
    steps.push({
      command: `mission replay ${candidate.name} --against ${baseline.name}${answerFlags(report)} --noise ${settling}`,
      why: 'tell a change from the noise of the models: both versions are asked again',
    });
  }
  const setting = settingToGoOn(report);
  if (setting !== undefined) {
    steps.push({
      command: `mission replay ${candidate.name} --against ${baseline.name}${answersOf(report, setting)}`,
      why: 'go on where the evidence ended; a write is still never executed',
    });
  }
  if (report.changes.length > 0) {
    steps.push({
      command: `mission diff ${baseline.name} ${candidate.name}`,
      why: 'everything that changed, code included',
    });
  }
  return steps;
}

const DRAWS = 5;

/** How many draws would say more: where answers were live and noise was not looked into, or not closely enough. */
function drawsThatSettle({ noise, live, counts, verdict }: Report): number | undefined {
  if (live === undefined || verdict.verdict === 'passed' || counts.outcomes.changed === 0) return undefined;
  if (noise === undefined) return DRAWS;
  return noise.needed !== undefined && 'samples' in noise.needed ? noise.needed.samples : undefined;
}

/** What a setting is when nobody says anything; a command need not name it. */
const DEFAULTS: readonly unknown[] = ['stop', 'as-new'];

/** Plain workflows have no versions to activate and no registry to ask: what is left is to look, and to let them go on. */
function plainSteps(report: Report): NextStep[] {
  const setting = settingToGoOn(report);
  if (setting === undefined) return [];
  const { candidate, cohort } = report;
  const command = `mission replay --workflows ${shellWord(candidate.name)} --histories ${shellWord(cohort.selection)}`;
  const why = 'go on where the evidence ended; with your other options as they are (--plugins, --codec, …)';
  return [{ command: `${command} --answer ${setting}`, why }];
}

/** The flags of the report's policy for answers, reads and noise, for a command that is to find the same, or with one setting more. */
export function answersOf({ policy }: Pick<Report, 'policy'>, more?: string): string {
  const noise = isJsonObject(policy.value) ? policy.value['noise'] : undefined;
  const samples = isJsonObject(noise) ? noise['samples'] : undefined;
  return `${answerFlags({ policy }, more)}${samples === undefined ? '' : ` --noise ${Number(samples)}`}`;
}

function answerFlags({ policy }: Pick<Report, 'policy'>, more?: string): string {
  const answers = isJsonObject(policy.value) ? policy.value['answers'] : undefined;
  const given = isJsonObject(answers) ? Object.entries(answers) : [];
  const chosen = given.flatMap(([kind, way]) =>
    typeof way === 'string' && !DEFAULTS.includes(way) ? [`${kind}=${way}`] : [],
  );
  const all = [...new Set(more === undefined ? chosen : [...chosen, more])];
  return `${all.length === 0 ? '' : ` --answer ${all.join(',')}`}${readsFlag({ policy })}`;
}

/** Names that no flag can hold are left to the policy's file. */
function readsFlag({ policy }: Pick<Report, 'policy'>): string {
  const reads = isJsonObject(policy.value) ? policy.value['reads'] : undefined;
  const isFlag = (name: unknown) => typeof name === 'string' && /^[^\s=<>,]+$/.test(name);
  return Array.isArray(reads) && reads.every(isFlag) ? ` --policy ${shellWord(`reads=${reads.join(',')}`)}` : '';
}

/** The policy setting that would take most of the unanswered runs further. */
function settingToGoOn({ unanswered }: Report): string | undefined {
  const [most] = unanswered;
  if (most === undefined) return undefined;
  const { kind, remedy } = most;
  if (kind === 'model') return 'model=live';
  // Which of the two a tool is, only its remedy says.
  if (kind === 'tool') return remedy.includes('write=') ? 'write=simulator' : 'read=recorded';
  return kind === 'decision' ? 'decision=recorded' : 'activity=recorded';
}

function exampleOf(report: Report): string | undefined {
  const groups = [report.flips, report.effects, report.failures, report.unanswered, report.divergences];
  const found = groups.find((group) => group.length > 0)?.[0]?.example;
  return found === undefined ? undefined : recordingName(found);
}

/** Quotes a word for a POSIX shell where that is needed. */
function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

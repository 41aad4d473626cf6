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
  const setting = settingToGoOn(report);
  if (setting !== undefined) {
    steps.push({
      command: `mission replay ${candidate.name} --against ${baseline.name} --policy ${setting}`,
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

/** The answer policy of the report, for a command that is to find the same. */
function answersOf({ policy }: Report): string {
  const answers = isJsonObject(policy.value) ? policy.value['answers'] : undefined;
  if (!isJsonObject(answers)) return '';
  const chosen = Object.entries(answers).flatMap(([kind, way]) =>
    typeof way === 'string' && way !== 'stop' ? [`${kind}=${way}`] : [],
  );
  return chosen.length === 0 ? '' : ` --answer ${chosen.join(',')}`;
}

/** The policy setting that would take most of the unanswered runs further. */
function settingToGoOn({ unanswered }: Report): string | undefined {
  const kind = unanswered[0]?.kind;
  if (kind === undefined) return undefined;
  if (kind === 'model') return 'model=live';
  if (kind === 'tool') return 'read=recorded';
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

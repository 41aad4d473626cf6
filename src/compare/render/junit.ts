/**
 * A report as JUnit XML: one test case per recording, and one for the gate.
 *
 * Invariants:
 * 1. Well-formed for any text: what XML 1.0 cannot hold becomes U+FFFD.
 * 2. As red as the gate: when it passed, what the policy allows to differ is told in `system-out` and fails nothing.
 *    Otherwise `changed` is a failure, unless everything that changed was declared; `failed` and `unanswered` are errors, for the test could not be carried through.
 *    Excluded recordings are skipped. `diverged` recordings came to the same end and never fail by themselves.
 */
import type { Report, ReportedResult } from '../report.ts';
import { causeSentences } from './causes.ts';
import { headline } from './words.ts';

/** The report for a CI server. */
export function renderJUnit(report: Report): string {
  const cases = [
    gateCase(report),
    ...report.results.map((result) => resultCase(report, result)),
    ...excludedCases(report),
  ];
  const count = (element: string) => cases.filter((one) => one.includes(`<${element} `)).length;
  const counts = attributes({
    tests: String(cases.length),
    failures: String(count('failure')),
    errors: String(count('error')),
    skipped: String(count('skipped')),
  });
  const suite = attributes({
    name: `replay of ${report.candidate.name} against ${report.baseline.name}`,
    timestamp: report.createdAt.replace(/Z$/, ''),
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${counts}>`,
    `  <testsuite${suite}${counts}>`,
    ...cases,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function gateCase(report: Report): string {
  const { verdict, reasons } = report.verdict;
  const told = [...reasons, ...causeSentences(report).map((words) => `why: ${words}`)].join('\n');
  const body = {
    passed: textElement('system-out', told),
    failed: problem('failure', headline(report), 'gate', told),
    inconclusive: problem('error', headline(report), 'gate', told),
  }[verdict];
  return testCase(report, 'gate', body);
}

function resultCase(report: Report, { recording, outcome, summary, asIntended }: ReportedResult): string {
  const text = summary ?? outcome;
  const name = recording.id;
  if (outcome === 'matched')
    return testCase(report, name, summary === undefined ? '' : textElement('system-out', summary));
  if (outcome === 'diverged' || asIntended || report.verdict.verdict === 'passed') {
    return testCase(report, name, textElement('system-out', `${outcome}${asIntended ? ' as intended' : ''}: ${text}`));
  }
  const element = outcome === 'changed' ? 'failure' : 'error';
  return testCase(report, name, problem(element, text, outcome, text));
}

function excludedCases(report: Report): string[] {
  return report.excluded.map(({ recording, reason, detail }) =>
    testCase(report, recording.id, `<skipped${attributes({ message: `${reason}: ${detail}` })}/>`),
  );
}

function testCase(report: Report, name: string, body: string): string {
  const opening = `    <testcase${attributes({ classname: report.mission, name })}`;
  return body === '' ? `${opening}/>` : `${opening}>\n      ${body}\n    </testcase>`;
}

function problem(element: 'failure' | 'error', message: string, type: string, text: string): string {
  return `<${element}${attributes({ message, type })}>${escapeXml(text)}</${element}>`;
}

function textElement(element: string, text: string): string {
  return `<${element}>${escapeXml(text)}</${element}>`;
}

function attributes(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escapeXml(value).replaceAll('\n', '&#10;').replaceAll('\t', '&#9;')}"`)
    .join('');
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** Escapes markup; characters outside of XML 1.0's `Char` production (section 2.2) become U+FFFD. */
export function escapeXml(text: string): string {
  return text
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll(/[^\t\n\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '\u{FFFD}')
    .replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? character);
}

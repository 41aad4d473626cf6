/** The bench's figures as text. */
import { type Detection, type Judged, mistakeIn, type Score, type Share, scoreOf } from './score.ts';

/** One line per mission and one for all, then what is wrong, then what is out of sight. */
export function describeScores(judged: readonly Judged[]): string {
  const missions = [...new Set(judged.map(({ mission }) => mission))];
  const rows = missions.map((mission) => [mission, scoreOf(judged.filter((one) => one.mission === mission))] as const);
  return [
    HEAD,
    ...rows.map(([name, score]) => line(name, score)),
    line('all', scoreOf(judged)),
    '',
    ...wrong(judged),
    ...outOfSight(judged),
  ].join('\n');
}

const HEAD = [
  ['', 20],
  ['mutants', 9],
  ['changing', 10],
  ['recall', 14],
  ['precision', 14],
  ['verdict', 14],
  ['cause', 13],
  ['of several', 13],
  ['place', 13],
  ['official recall', 17],
  ['precision', 14],
]
  .map(([text, width]) => String(text).padEnd(Number(width)))
  .join('')
  .trimEnd();

function line(name: string, { mutants, ours, official, verdict, attribution, amongSeveral, place }: Score): string {
  return [
    name.padEnd(20),
    String(mutants).padEnd(9),
    String(ours.changed).padEnd(10),
    ...detection(ours).map((text) => text.padEnd(14)),
    share(verdict).padEnd(14),
    share(attribution).padEnd(13),
    share(amongSeveral).padEnd(13),
    share(place).padEnd(13),
    (detection(official)[0] ?? '').padEnd(17),
    detection(official)[1],
  ].join('');
}

function detection({ changed, found, flagged }: Detection): [recall: string, precision: string] {
  return [share({ right: found, of: changed }), share({ right: found, of: flagged })];
}

function share({ right, of }: Share): string {
  return of === 0 ? '–' : `${((100 * right) / of).toFixed(1)} % ${right}/${of}`;
}

function wrong(judged: readonly Judged[]): string[] {
  const found = judged.flatMap((one) => {
    const mistake = mistakeIn(one);
    return mistake === undefined ? [] : [`  ${one.mission} ${one.mutant.id}: ${mistake}\n    ${one.mutant.why}`];
  });
  return found.length === 0
    ? ['No mutant is judged otherwise than labelled.']
    : [`Judged otherwise than labelled: ${found.length}`, ...found];
}

function outOfSight(judged: readonly Judged[]): string[] {
  const beyond = judged.filter(({ mutant }) => mutant.beyond !== undefined);
  if (beyond.length === 0) return [];
  return [
    `Out of a replay's sight, not counted: ${beyond.length}`,
    ...beyond.map(({ mission, mutant, tried }) => `  ${mission} ${mutant.id} (${tried.verdict}): ${mutant.beyond}`),
  ];
}

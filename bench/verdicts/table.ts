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

/** The width of `100.0 % 283/283`, with room to the next. */
const SHARE = 17;

const HEAD = [
  ['', 20],
  ['mutants', 9],
  ['changing', 10],
  ['recall', SHARE],
  ['precision', SHARE],
  ['verdict', SHARE],
  ['cause', SHARE],
  ['of several', SHARE],
  ['place', SHARE],
  ['official recall', SHARE],
  ['precision', SHARE],
]
  .map(([text, width]) => String(text).padEnd(Number(width)))
  .join('')
  .trimEnd();

function line(name: string, { mutants, ours, official, verdict, attribution, amongSeveral, place }: Score): string {
  return [
    name.padEnd(20),
    String(mutants).padEnd(9),
    String(ours.changed).padEnd(10),
    ...detection(ours).map((text) => text.padEnd(SHARE)),
    share(verdict).padEnd(SHARE),
    share(attribution).padEnd(SHARE),
    share(amongSeveral).padEnd(SHARE),
    share(place).padEnd(SHARE),
    (detection(official)[0] ?? '').padEnd(SHARE),
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

/** What is said of a bulk start. Pure. */
import type { Sheet } from '../draw/paint.ts';
import { table } from '../draw/table.ts';
import { clean } from '../draw/text.ts';
import type { RowProblem } from './rows.ts';
import type { BulkOutcome, BulkProgress } from './start-rows.ts';

const MOST_PROBLEMS = 20;

export const count = (many: number, what: string): string =>
  `${many.toLocaleString('en-US')} ${what}${many === 1 ? '' : 's'}`;

export function progressLine(progress: BulkProgress): string {
  const { rows, started, refused, underWay, waiting, fullStage } = progress;
  const parts = [
    `${started.toLocaleString('en-US')} of ${count(rows, 'row')} started`,
    ...(refused === 0 ? [] : [`${refused.toLocaleString('en-US')} refused`]),
    ...(underWay === 0 ? [] : [`${underWay} under way`]),
    ...(waiting === 0 ? [] : [`${waiting} of them waiting for a turn at ${fullStage}`]),
  ];
  return parts.join(', ');
}

export function outcomeLines(outcome: BulkOutcome, workflow: string, sheet: Sheet): string[] {
  const { started, refused, left } = outcome;
  const counts = [
    ['started', started.length],
    ['refused', refused.length],
    ['not started', left],
  ] as const;
  return [
    ...table(
      counts.map(([title]) => ({ title, align: 'right' })),
      [counts.map(([, many]) => many.toLocaleString('en-US'))],
      sheet,
    ),
    ...(refused.length === 0 ? [] : ['', ...problemLines(refused, sheet)]),
    ...(started.length === 0
      ? []
      : [sheet.paint('dim', `npx signalbox runs list --workflow ${workflow}`)]),
  ];
}

export function problemLines(problems: readonly RowProblem[], sheet: Sheet): string[] {
  const more = problems.length - MOST_PROBLEMS;
  return [
    ...table(
      [
        { title: 'line', align: 'right' },
        { title: 'problem', flexible: true },
      ],
      problems.slice(0, MOST_PROBLEMS).map(({ line, problem }) => [String(line), clean(problem)]),
      sheet,
    ),
    ...(more > 0 ? [`and ${count(more, 'more line')}; --json tells all`] : []),
  ];
}

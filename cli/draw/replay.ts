import type { ReplayView } from '#runtime/contracts/api.ts';
import { durationText } from '#runtime/contracts/duration-text.ts';
import type { Sheet } from './paint.ts';
import { type Column, table } from './table.ts';
import { clean, plural } from './text.ts';

const FAILURES: readonly Column[] = [
  { title: 'run' },
  { title: 'event', flexible: true },
  { title: 'cause', flexible: true },
];

/** One line that says how far a replay has come. */
export function replayLine(replay: ReplayView): string {
  const { state, counts, isDryRun, consumer, comparison, table: fresh } = replay;
  const { read, matched, handled, failed } = counts;
  if (state === 'comparing') {
    return `comparing ${fresh} with the live table: ${comparison?.compared ?? 0} runs, ${comparison?.different ?? 0} differ`;
  }
  const what = isDryRun
    ? `${plural(matched, 'event')} would go to the ${consumer}`
    : `${handled} of ${plural(matched, 'event')} handled by the ${consumer}`;
  const trouble = failed > 0 ? `, ${failed} could not be` : '';
  return `${what}${trouble} (${read} read${state === 'done' ? '' : `, at ${clean(replay.at)}`})`;
}

/** What came of a replay: its sentence, what failed, what differs, and what to do. */
export function replayOutcome(replay: ReplayView, sheet: Sheet): string[] {
  const { startedAt, endedAt, failures, comparison } = replay;
  const tookMs = Date.parse(endedAt ?? replay.changedAt) - Date.parse(startedAt);
  return [
    `${replayLine(replay)}, in ${durationText(tookMs)}`,
    ...(failures.length > 0
      ? [
          '',
          ...table(
            FAILURES,
            failures.map(({ run, type, cause }) => [run, clean(type), clean(cause)]),
            sheet,
          ),
        ]
      : []),
    ...(comparison ? ['', ...comparisonLines(replay, comparison, sheet)] : []),
  ];
}

function comparisonLines(
  { table: fresh }: ReplayView,
  { compared, different, examples }: NonNullable<ReplayView['comparison']>,
  sheet: Sheet,
): string[] {
  if (different === 0) {
    return [
      sheet.paint('green', `${fresh} is equal to the live read model: ${compared} runs compared.`),
    ];
  }
  return [
    sheet.paint(
      'red',
      `${fresh} differs from the live read model in ${different} of ${compared} runs:`,
    ),
    ...examples.map((example) => `  ${clean(example)}`),
  ];
}

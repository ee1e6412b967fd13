import type { ApprovalView, RunView, WaitView } from '#runtime/contracts/api.ts';
import { dateTime } from './instant.ts';
import type { Sheet } from './paint.ts';
import { clean, cut } from './text.ts';

/** A question that a run asks people. */
export interface Asked {
  readonly run: string;
  readonly workflow: string;
  readonly step: string;
  readonly wait: Extract<WaitView, { readonly for: 'approval' }>;
}

/** What waits for a decision in a run. */
export const askedIn = ({ id, workflow, steps }: RunView): Asked[] =>
  steps.flatMap(({ path, status, wait }) =>
    status === 'waiting' && wait?.for === 'approval'
      ? [{ run: id, workflow, step: path, wait }]
      : [],
  );

/** The questions, each with what the person has to see and how to answer. */
export const askedLines = (approvals: readonly Asked[], sheet: Sheet): string[] =>
  approvals.flatMap((asked, i) => [...(i > 0 ? [''] : []), ...askedText(asked, sheet)]);

function askedText({ run, workflow, step, wait }: Asked, { width, paint }: Sheet): string[] {
  const { title, show, options, until } = wait;
  const isUsual = options.includes('approve') && options.includes('reject');
  return [
    `${paint('bold', cut(clean(title), width))}`,
    ...(show === undefined ? [] : [cut(clean(JSON.stringify(show)), width)]),
    paint('dim', `${workflow} · ${step} · ${options.join(' or ')} by ${dateTime(until)} UTC`),
    paint(
      'dim',
      isUsual
        ? `npx signalbox runs approve ${run} ${step}`
        : `npx signalbox runs decide ${run} ${step} ${options.join('|')}`,
    ),
  ];
}

export const decidedLine = ({ step, decision, by, note, at }: ApprovalView): string =>
  `${clean(step)}: ${clean(decision)}, by ${clean(by)} at ${dateTime(at)} UTC${note === undefined ? '' : ` ("${clean(note)}")`}`;

import type { EventNode } from '#runtime/client/event-tree.ts';
import { detailsIn, shortType, toneOf } from './events.ts';
import { clockTime } from './instant.ts';
import type { Sheet } from './paint.ts';
import { clean, widthOf } from './text.ts';

/** One line for each event: clock time, and below what caused it its type, its step, and what is worth knowing. */
export const treeLines = (roots: readonly EventNode[], sheet: Sheet): string[] =>
  roots.flatMap((root) => nodeLines(root, { own: '', below: '' }, sheet));

/** What stands before an event, and before everything below it. */
interface Indent {
  readonly own: string;
  readonly below: string;
}

function nodeLines({ event, caused }: EventNode, { own, below }: Indent, sheet: Sheet): string[] {
  const { width, paint } = sheet;
  const time = clockTime(event.time);
  const type = clean(shortType(event));
  const step = event.subject === undefined ? '' : `  ${event.subject}`;
  const known = `${own}${type}${step}`;
  const details = detailsIn(event, { width: width - time.length - widthOf(known) - 4, paint });
  const line = `${paint('dim', time)}  ${paint('dim', own)}${paint(toneOf(event), type)}${step}`;
  return [
    details === '' ? line : `${line}  ${details}`,
    ...caused.flatMap((child, i) =>
      nodeLines(child, indentOf(below, i === caused.length - 1), sheet),
    ),
  ];
}

const indentOf = (before: string, isLast: boolean): Indent => ({
  own: `${before}${isLast ? '└ ' : '├ '}`,
  below: `${before}${isLast ? '  ' : '│ '}`,
});

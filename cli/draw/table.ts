import type { Sheet } from './paint.ts';
import { cut, padEnd, padStart, widthOf } from './text.ts';

export interface Column {
  readonly title: string;
  /** @default 'left' */
  readonly align?: 'left' | 'right';
  /** This column gives way when the table is wider than the screen. @default false */
  readonly flexible?: boolean;
}

const GAP = '  ';
const LEAST_FLEXIBLE = 8;

/**
 * Draws rows under titles, every line at most `width` wide as long as the flexible columns can
 * give way; they share what is left evenly. Cells of flexible columns carry no colours.
 */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { width, paint }: Sheet,
): string[] {
  const widths = widthsFor(columns, rows, width);
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ align, flexible }, i) => {
        const room = widths[i] ?? 0;
        const cell = flexible ? cut(cells[i] ?? '', room) : (cells[i] ?? '');
        return align === 'right' ? padStart(cell, room) : padEnd(cell, room);
      })
      .join(GAP)
      .trimEnd();
  const titles = line(columns.map(({ title }) => title));
  return [paint('dim', titles), ...rows.map(line)];
}

function widthsFor(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
): number[] {
  const natural = columns.map(({ title }, i) =>
    Math.max(widthOf(title), ...rows.map((row) => widthOf(row[i] ?? ''))),
  );
  const total = natural.reduce((sum, one) => sum + one, 0) + GAP.length * (columns.length - 1);
  const flexible = columns.filter((column) => column.flexible).length;
  const excess = total - width;
  if (excess <= 0 || flexible === 0) return natural;
  const share = Math.ceil(excess / flexible);
  return natural.map((room, i) =>
    columns[i]?.flexible ? Math.max(LEAST_FLEXIBLE, room - share) : room,
  );
}

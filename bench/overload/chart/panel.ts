/** One small chart among others over the same time. Boundary: pure. */
import type { Scale } from './scale.ts';
import { element, linePath, text } from './svg.ts';

export const INK = { text: '#1f2328', quiet: '#59636e', grid: '#e4e7eb', band: '#f3f4f6' };

export interface Line {
  readonly name: string;
  readonly color: string;
  /** By second; `null` where there is nothing to show. */
  readonly values: readonly (number | null)[];
  /** @default false */
  readonly isDashed?: boolean;
}

export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface PanelProps {
  readonly title: string;
  readonly box: Box;
  readonly x: Scale;
  readonly y: Scale;
  readonly lines: readonly Line[];
  /** Seconds of the spike. */
  readonly band: readonly [number, number];
  /** The time's ticks are written under it. @default false */
  readonly hasTime?: boolean;
}

const SMALL = { 'font-size': 11, fill: INK.quiet };
/** Least distance between the names at the ends of two lines. */
const NAME_GAP = 13;

export function panel({ title, box, x, y, lines, band, hasTime }: PanelProps): string {
  const { left, right, top, bottom } = box;
  const [from, to] = band.map(x.place);
  const shade = {
    x: from ?? left,
    y: top,
    width: (to ?? left) - (from ?? left),
    height: bottom - top,
  };
  return element('g', {}, [
    element('rect', { ...shade, fill: INK.band }),
    ...y.ticks.flatMap((tick) => [
      element('line', {
        x1: left,
        x2: right,
        y1: y.place(tick),
        y2: y.place(tick),
        stroke: INK.grid,
      }),
      text(grouped(tick), { ...SMALL, x: left - 8, y: y.place(tick) + 4, 'text-anchor': 'end' }),
    ]),
    ...(hasTime ? timeAxis(x, bottom) : []),
    ...lines.map((line) => drawn(line, x, y)),
    ...names(lines, y, right),
    text(title, { x: left, y: top - 10, 'font-size': 12, 'font-weight': 600, fill: INK.text }),
  ]);
}

const timeAxis = (x: Scale, bottom: number): readonly string[] =>
  x.ticks.map((tick) =>
    text(`${tick} s`, { ...SMALL, x: x.place(tick), y: bottom + 16, 'text-anchor': 'middle' }),
  );

function drawn({ values, color, isDashed }: Line, x: Scale, y: Scale): string {
  const points = values.map((value, second) =>
    value === null ? null : ([x.place(second), y.place(value)] as const),
  );
  return element('path', {
    d: linePath(points),
    fill: 'none',
    stroke: color,
    'stroke-width': isDashed ? 1.2 : 2,
    'stroke-linejoin': 'round',
    ...(isDashed && { 'stroke-dasharray': '4 3' }),
  });
}

/** Names at the ends of their lines, moved apart where they would meet. */
function names(lines: readonly Line[], y: Scale, right: number): readonly string[] {
  let free = Number.NEGATIVE_INFINITY;
  return lines
    .map(({ name, color, values }) => ({
      name,
      color,
      at: y.place(values.findLast((v) => v !== null) ?? 0),
    }))
    .sort((a, b) => a.at - b.at)
    .map(({ name, color, at }) => {
      free = Math.max(at + 4, free + NAME_GAP);
      return text(name, {
        x: right + 8,
        y: free,
        'font-size': 11,
        'font-weight': 600,
        fill: color,
      });
    });
}

const grouped = (value: number): string => value.toLocaleString('en-US');

/** The chart of the spike: what came in, what came out, how old it was, and what it cost. Boundary: pure. */

import type { Phases } from '../measures.ts';
import { lengthOf } from '../scenarios.ts';
import type { Moment } from '../series.ts';
import { type Box, INK, type Line, panel } from './panel.ts';
import { linear, logarithmic, type Scale } from './scale.ts';
import { element, text } from './svg.ts';

const WIDTH = 860;
const BOX = { left: 64, right: 748, height: 118, gap: 44, first: 96 };
const COLORS = { naive: '#c2410c', governed: '#1d4ed8', input: '#59636e' };

export interface ChartProps {
  readonly phases: Phases;
  /** Calls that the provider takes in a second. */
  readonly capacityPerSecond: number;
  readonly naive: readonly Moment[];
  readonly governed: readonly Moment[];
}

export function overloadChart({ phases, capacityPerSecond, naive, governed }: ChartProps): string {
  const { warmSeconds, spikeSeconds } = phases;
  const x = linear(lengthOf(phases), [BOX.left, BOX.right]);
  const both = (value: (moment: Moment) => number | null): readonly Line[] => [
    { name: 'naive', color: COLORS.naive, values: naive.map(value) },
    { name: 'governed', color: COLORS.governed, values: governed.map(value) },
  ];
  const input: Line = {
    name: 'requests',
    color: COLORS.input,
    values: governed.map(({ offered }) => offered),
  };
  const capacity: Line = {
    ...{ name: 'provider takes', color: COLORS.input, isDashed: true },
    values: governed.map(() => capacityPerSecond),
  };
  const panels: readonly { title: string; lines: readonly Line[]; scale: typeof linear }[] = [
    { title: 'Requests that come in, per second', lines: [input, capacity], scale: linear },
    {
      title: 'Answers before their deadline, per second',
      lines: both(({ goodput }) => goodput),
      scale: linear,
    },
    {
      title: 'Age of the oldest accepted request without an answer, seconds',
      lines: both(({ backlogAge }) => backlogAge),
      scale: linear,
    },
    {
      title: 'Provider calls per useful answer (logarithmic)',
      lines: both(({ callsPerAnswer }) => callsPerAnswer),
      scale: logarithmic,
    },
  ];
  const height = BOX.first + panels.length * (BOX.height + BOX.gap);
  const spike = [warmSeconds, warmSeconds + spikeSeconds] as const;
  return `${element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${WIDTH} ${height}`,
      'font-family': 'system-ui, -apple-system, "Segoe UI", sans-serif',
      role: 'img',
    },
    [
      element('title', {}, ['A spike of six times the usual load, naive and governed']),
      element('rect', { width: WIDTH, height, fill: '#ffffff' }),
      text(`A spike of six times the usual load, for ${spikeSeconds} s`, {
        ...{ x: BOX.left, y: 32, 'font-size': 17, 'font-weight': 700, fill: INK.text },
      }),
      text(
        'The same requests to both pipelines, each with a provider of its own; the spike is shaded.',
        {
          ...{ x: BOX.left, y: 52, 'font-size': 12, fill: INK.quiet },
        },
      ),
      ...panels.map(({ title, lines, scale }, i) => {
        const box = boxOf(i);
        const y: Scale = scale(mostOf(lines), [box.bottom, box.top]);
        return panel({ title, box, x, y, lines, band: spike, hasTime: i === panels.length - 1 });
      }),
    ],
  )}\n`;
}

const boxOf = (i: number): Box => {
  const top = BOX.first + i * (BOX.height + BOX.gap);
  return { left: BOX.left, right: BOX.right, top, bottom: top + BOX.height };
};

const mostOf = (lines: readonly Line[]): number =>
  Math.max(1, ...lines.flatMap(({ values }) => values.filter((value) => value !== null)));

/** What the demo shows every second, and what it closes with. Boundary: pure. */
import type { Sheet, Tone } from '../../../cli/draw/paint.ts';
import { table } from '../../../cli/draw/table.ts';
import { padEnd } from '../../../cli/draw/text.ts';
import type { Scenario } from '../scenarios.ts';
import { isUseful, type Moment, series } from '../series.ts';
import type { Recording } from '../story.ts';
import type { SideTold } from '../told.ts';
import { spark } from './spark.ts';

const LABEL = 17;
const SPARK = 18;
const COLUMN = 38;

export interface LiveProps {
  readonly scenario: Scenario;
  readonly second: number;
  readonly naive: Recording;
  readonly governed: Recording;
  readonly deadlineSeconds: number;
}

export function live(props: LiveProps, { paint }: Sheet): readonly string[] {
  const { scenario, second, deadlineSeconds } = props;
  const sides = [props.naive, props.governed].map((recording) =>
    sideOf(recording, second, deadlineSeconds),
  );
  const [naive, governed] = sides;
  if (!naive || !governed) return [];
  const row = (label: string, cells: readonly string[], tone?: Tone): string => {
    const [left = '', right = ''] = cells;
    return `${paint('dim', label.padEnd(LABEL))}${padEnd(left, COLUMN)}${tone ? paint(tone, right) : right}`;
  };
  const both = (value: (side: Shown) => string): readonly string[] => [
    value(naive),
    value(governed),
  ];
  const offered = governed.moments.map((moment) => moment.offered);
  const most = Math.max(scenario.capacityPerSecond, ...sides.flatMap(({ rates }) => rates));
  const oldest = Math.max(deadlineSeconds, ...sides.flatMap(({ ages }) => ages));
  return [
    `${paint('bold', phaseOf(scenario, second))}  ${paint('dim', `${Math.floor(second)} s`)}`,
    row('requests', [
      `${spark(offered, SPARK)} ${rate(offered.at(-1))}`,
      paint('dim', `the provider takes ${scenario.capacityPerSecond} a second`),
    ]),
    '',
    row('', [paint('yellow', 'naive'), paint('cyan', 'governed')]),
    row(
      'answers in time',
      both(({ rates }) => `${spark(rates, SPARK, most)} ${rate(rates.at(-1))}`),
    ),
    row(
      'in all',
      both(({ useful }) => String(useful)),
    ),
    row(
      'oldest waits',
      both(({ ages }) => `${spark(ages, SPARK, oldest)} ${(ages.at(-1) ?? 0).toFixed(0)} s`),
    ),
    row(
      'under way',
      both(({ open }) => String(open)),
    ),
    row(
      'sent away',
      both(({ rejected }) => String(rejected)),
    ),
    row(
      'provider calls',
      both(({ calls, useful }) => `${grouped(calls)}  ${perUseful(calls, useful)}`),
    ),
  ];
}

interface Shown {
  readonly moments: readonly Moment[];
  readonly rates: readonly number[];
  readonly ages: readonly number[];
  readonly useful: number;
  readonly open: number;
  readonly rejected: number;
  readonly calls: number;
}

function sideOf(recording: Recording, second: number, deadlineSeconds: number): Shown {
  const { requests, calls } = recording;
  const moments = series(recording, second, deadlineSeconds);
  return {
    moments,
    rates: moments.map(({ goodput }) => goodput),
    ages: moments.map(({ backlogAge }) => backlogAge),
    useful: requests.filter((request) => isUseful(request, deadlineSeconds)).length,
    open: requests.filter(({ end, acceptedAt }) => end === 'open' && acceptedAt !== undefined)
      .length,
    rejected: requests.filter(({ end }) => end === 'rejected').length,
    calls: calls.at(-1)?.requests ?? 0,
  };
}

function phaseOf({ warmSeconds, spikeSeconds }: Scenario, second: number): string {
  if (second < warmSeconds) return 'The usual load';
  return second < warmSeconds + spikeSeconds ? 'Six times the usual load' : 'Quiet again';
}

/** The one table in the end. */
export function closing(naive: SideTold, governed: SideTold, sheet: Sheet): readonly string[] {
  const row = (label: string, value: (side: SideTold) => string): string[] => [
    ...[label, value(naive), value(governed)],
  ];
  return table(
    ['', 'naive', 'governed'].map((title, i) => ({ title, align: i === 0 ? 'left' : 'right' })),
    [
      row('requests', ({ requests }) => String(requests)),
      row('let in', ({ accepted }) => String(accepted)),
      row('answers in time', ({ useful }) => String(useful)),
      row(
        'of what was possible in the spike',
        ({ goodputShare }) => `${Math.round(goodputShare * 100)} %`,
      ),
      row('slowest answers (p99)', ({ p99Seconds }) => `${p99Seconds.toFixed(1)} s`),
      row('provider calls', ({ calls }) => grouped(calls)),
      row('provider calls per answer', ({ callsPerUseful }) => callsPerUseful.toFixed(2)),
    ],
    sheet,
  );
}

const rate = (perSecond = 0): string => `${perSecond.toFixed(1)}/s`;
const grouped = (value: number): string => value.toLocaleString('en-US');
const perUseful = (calls: number, useful: number): string =>
  useful === 0 ? '' : `${(calls / useful).toFixed(1)} per answer`;

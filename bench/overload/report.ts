/** What the bench prints and writes. Boundary: pure. */
import type { Sheet } from '../../cli/draw/paint.ts';
import { table } from '../../cli/draw/table.ts';
import type { Measures } from './measures.ts';
import type { ScenarioName } from './scenarios.ts';
import { MAX_QUEUE_SECONDS, type SideTold, type Told } from './told.ts';

export interface CallsPerStep {
  readonly noop: number;
  readonly model: number;
}

/** The document that `--json FILE` writes; what was not run is left out. */
export function document(
  told: readonly Told[],
  calls: CallsPerStep | null,
  spikeSeconds: number,
): Readonly<Record<string, unknown>> {
  const of = (name: ScenarioName): Told | undefined =>
    told.find(({ scenario }) => scenario.name === name);
  const [spike, halved, outage] = [of('spike'), of('halved'), of('outage')];
  return {
    ...(spike?.naive && { naive: measuresOf(spike.naive) }),
    ...(spike && { governed: measuresOf(spike.governed) }),
    ...(halved && { halved: measuresOf(halved.governed) }),
    ...(outage && {
      outage: {
        ...measuresOf(outage.governed),
        expiredShare: rounded(outage.governed.expiredShare),
      },
    }),
    ...(spike && {
      admission: {
        rejectedThoughFits: rounded(spike.admission.rejectedThoughFits),
        acceptedButExpired: rounded(spike.admission.acceptedButExpired),
      },
      fleet: {
        bottleneckRight: rounded(spike.fleet.bottleneckRight),
        etaErrorMedian: rounded(spike.fleet.etaErrorMedian),
      },
    }),
    ...(calls && { calls }),
    spikeSeconds,
  };
}

const measuresOf = (side: Measures) => ({
  goodputShare: rounded(side.goodputShare),
  callsPerUseful: rounded(side.callsPerUseful),
  stale: side.stale,
  p99Seconds: rounded(side.p99Seconds),
  recoverySeconds: side.recoverySeconds,
});

/** `NaN` is no JSON. */
const rounded = (value: number): number | null =>
  Number.isFinite(value) ? Math.round(value * 1000) / 1000 : null;

/** One row per bar. */
export interface Bar {
  readonly scenario: string;
  readonly measure: string;
  readonly got: number | null;
  readonly allowed: string;
  readonly isMet: boolean;
}

const atMost = (scenario: string, measure: string, got: number | null, most: number): Bar => ({
  ...{ scenario, measure, got, allowed: `≤ ${rounded(most)}` },
  isMet: got !== null && got <= most,
});
const atLeast = (scenario: string, measure: string, got: number, least: number): Bar => ({
  ...{ scenario, measure, got, allowed: `≥ ${least}`, isMet: got >= least },
});

/** A spike as long as this shows what a backlog does in the end; a shorter one only begins to. */
const LONG_SPIKE_SECONDS = 300;

export const bars = (told: readonly Told[], calls: CallsPerStep | null): readonly Bar[] => [
  ...told.flatMap((one) => scenarioBars(one)),
  ...(calls
    ? [
        atMost('calls', 'API calls per no-op step', calls.noop, 3.4),
        atMost('calls', 'API calls per model step', calls.model, 6),
      ]
    : []),
];

function scenarioBars(one: Told): readonly Bar[] {
  const { name } = one.scenario;
  const { governed } = one;
  const calls = atMost(name, 'provider calls per useful answer', governed.callsPerUseful, 1.05);
  const stale = atMost(name, 'answers after their deadline', governed.stale, 0);
  const goodput = atLeast(name, 'goodput ÷ possible', governed.goodputShare, 0.95);
  const { p99Seconds, recoverySeconds } = governed;
  switch (name) {
    case 'spike':
      return [
        ...[goodput, calls, stale],
        atMost(
          name,
          'p99, s',
          p99Seconds,
          Math.min(25, MAX_QUEUE_SECONDS + 1.5 * governed.quietP99Seconds),
        ),
        atMost(name, 'recovery, s', recoverySeconds, 15),
        ...againstNaive(one),
        atMost(name, 'rejected though it fits', one.admission.rejectedThoughFits, 0.05),
        atMost(name, 'accepted but expired', one.admission.acceptedButExpired, 0.01),
        atLeast(name, 'bottleneck named right', one.fleet.bottleneckRight, 0.95),
        atMost(name, 'error of the time to drain', one.fleet.etaErrorMedian, 0.2),
      ];
    case 'halved':
      return [
        ...[goodput, calls, stale],
        atMost(name, 'p99, s', p99Seconds, 45),
        atMost(name, 'recovery, s', recoverySeconds, 45),
      ];
    case 'outage':
      return [calls, stale, atMost(name, 'expired of the accepted', governed.expiredShare, 0.08)];
  }
}

function againstNaive({ naive, governed, scenario }: Told): readonly Bar[] {
  if (!naive) return [];
  const isLong = scenario.spikeSeconds >= LONG_SPIKE_SECONDS;
  const goodput = atLeast(
    ...([
      scenario.name,
      'goodput ÷ naive',
      governed.goodputShare / naive.goodputShare,
      isLong ? 5 : 1.5,
    ] as const),
  );
  const fewer = naive.callsPerUseful / governed.callsPerUseful;
  return isLong
    ? [goodput, atLeast(scenario.name, 'fewer calls per useful answer', fewer, 100)]
    : [goodput];
}

export function drawn(
  told: readonly Told[],
  calls: CallsPerStep | null,
  sheet: Sheet,
): readonly string[] {
  return [
    '',
    ...table(
      [
        'scenario',
        'pipeline',
        'asked',
        'accepted',
        'useful',
        'calls',
        'goodput',
        'calls/useful',
        'stale',
        'p99 s',
        'recovery s',
        'expired',
      ].map((title, i) => ({ title, align: i < 2 ? 'left' : 'right' })),
      told.flatMap(({ scenario, naive, governed }) => [
        ...(naive ? [sideRow(scenario.name, 'naive', naive)] : []),
        sideRow(scenario.name, 'governed', governed),
      ]),
      sheet,
    ),
    '',
    ...table(
      ['', 'scenario', 'measure', 'got', 'allowed'].map((title, i) => ({
        title,
        align: i < 3 ? 'left' : 'right',
      })),
      bars(told, calls).map(({ scenario, measure, got, allowed, isMet }) => [
        isMet ? sheet.paint('green', 'met') : sheet.paint('red', 'MISSED'),
        ...[scenario, measure, got === null ? 'never' : shown(got), allowed],
      ]),
      sheet,
    ),
    ...told.flatMap(({ scenario: { name }, fleet: { wrong, judged, samples } }) => [
      `${name}: of ${samples} samples of the fleet view what was seen tells of ${judged} whether they are right`,
      ...wrong.map(
        ({ at, named, truth }) =>
          `${name}: at ${Math.round(at)} s the fleet view named ${named ?? 'nothing'}, it was ${truth ?? 'nothing'}`,
      ),
    ]),
    '',
  ];
}

const sideRow = (scenario: string, name: string, side: SideTold): readonly string[] => [
  ...[
    scenario,
    name,
    String(side.requests),
    String(side.accepted),
    String(side.useful),
    String(side.calls),
  ],
  ...[
    shown(side.goodputShare),
    shown(side.callsPerUseful),
    String(side.stale),
    shown(side.p99Seconds),
  ],
  ...[
    side.recoverySeconds === null ? 'never' : shown(side.recoverySeconds),
    shown(side.expiredShare),
  ],
];

const shown = (value: number): string => {
  if (!Number.isFinite(value)) return '–';
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(value % 1 === 0 ? 0 : 3);
};

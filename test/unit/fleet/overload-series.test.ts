/**
 * What the fleet view says of a stage that lacks workers, against what happens then. The series are made by
 * workers and arrivals of a known world, and read as the projector does: a second late, batch by batch.
 */
import { describe, expect, it } from 'vitest';
import type { FleetView, MeterSample } from '#runtime/contracts/fleet.ts';
import { fleetViewOf } from '#runtime/core/fleet-view.ts';
import { Random } from '../../simulation/random.ts';
import { meterSample, NOW, stageSample } from './samples.ts';

const AGENT = 'answer-question';
const WORKERS = 8;
const MEAN_RUN_MS = 2000;
const CAPACITY_PER_SECOND = WORKERS / (MEAN_RUN_MS / 1000);
const LAG_MS = 1000;
/** A function starts, a queue delivers: what a first receive takes when nobody is in the way. */
const DELIVERY_MS = 150;

interface Step {
  readonly arrivedMs: number;
  readonly startedMs: number;
  readonly endedMs: number;
}

/** Quiet for a minute, overloaded for a minute, quiet until everything is done. */
function story(random: Random, base: number, overload: number): readonly Step[] {
  const freeAtMs = new Array<number>(WORKERS).fill(0);
  const steps: Step[] = [];
  for (let ms = 0; ms < 240_000; ) {
    const isSpike = ms >= 60_000 && ms < 120_000;
    const perSecond = CAPACITY_PER_SECOND * (isSpike ? overload : base);
    ms += (-Math.log(1 - random.next()) * 1000) / perSecond;
    const worker = freeAtMs.indexOf(Math.min(...freeAtMs));
    const startedMs = Math.max(ms + DELIVERY_MS, freeAtMs[worker] ?? 0);
    const endedMs = startedMs + MEAN_RUN_MS * (0.5 + random.next());
    freeAtMs[worker] = endedMs;
    steps.push({ arrivedMs: ms, startedMs, endedMs });
  }
  return steps;
}

/** What the projector has made of it until `nowMs`, a batch a second. */
function samplesUntil(steps: readonly Step[], nowMs: number): readonly MeterSample[] {
  const samples: MeterSample[] = [];
  for (let readMs = nowMs - 60_000; readMs <= nowMs; readMs += 1000) {
    const isIn = (ms: number): boolean => ms > readMs - LAG_MS - 1000 && ms <= readMs - LAG_MS;
    const started = steps.filter((step) => isIn(step.startedMs));
    const waits = started.map((step) => step.startedMs - step.arrivedMs);
    samples.push({
      ...meterSample(0),
      atMs: NOW + readMs,
      stages: [
        stageSample({
          agent: AGENT,
          arrived: started.length,
          oldestWaitMs: Math.max(0, ...waits),
          ended: steps.filter((step) => isIn(step.endedMs)).length,
        }),
      ],
    });
  }
  return samples;
}

function viewAt(steps: readonly Step[], nowMs: number): FleetView {
  const waiting = steps.filter((step) => step.arrivedMs <= nowMs && step.startedMs > nowMs);
  const working = steps.filter((step) => step.startedMs <= nowMs && step.endedMs > nowMs);
  const depth = { visible: waiting.length, inFlight: working.length, delayed: 0 };
  return fleetViewOf({
    nowMs: NOW + nowMs,
    stages: [{ workflow: 'support', agent: AGENT }],
    samples: samplesUntil(steps, nowMs),
    depths: new Map([[AGENT, depth]]),
    quotas: [],
    admissions: [],
    outbox: { waiting: 0, oldestSeconds: 0 },
  });
}

/** Seconds until the last step that waits now is taken; 0 when none waits. */
function drainSeconds(steps: readonly Step[], nowMs: number): number {
  const waiting = steps.filter((step) => step.arrivedMs <= nowMs && step.startedMs > nowMs);
  return Math.max(0, ...waiting.map((step) => step.startedMs - nowMs)) / 1000;
}

/** Load before and behind the spike, and in it, as shares of what the workers can do. */
const LOADS = [
  [0.5, 1.5],
  [0.5, 4],
  [0.05, 1.5],
  [0.05, 4],
] as const;

const looks = [1, 2, 3].flatMap((seed) =>
  LOADS.flatMap(([base, overload]) => {
    const steps = story(new Random(`${seed}-${base}-${overload}`), base, overload);
    return Array.from({ length: 45 }, (_, i) => {
      const nowMs = (i + 2) * 5000;
      return { view: viewAt(steps, nowMs), truth: drainSeconds(steps, nowMs) };
    });
  }),
);

/** The value below which this share of them lies. */
const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN;

describe('a stage with too few workers in the fleet view', () => {
  it('is named in at least 95 of 100 looks while work waits for it, and seldom when nothing does', () => {
    const [held, free] = [
      looks.filter(({ truth }) => truth >= 3),
      looks.filter(({ truth }) => truth < 1),
    ];
    const isNamed = ({ view }: { view: FleetView }): boolean => view.bottleneck?.name === AGENT;
    expect(held.length).toBeGreaterThan(80);
    expect(free.length).toBeGreaterThan(80);
    expect(held.filter(isNamed).length / held.length).toBeGreaterThanOrEqual(0.95);
    expect(free.filter(isNamed).length / free.length).toBeLessThanOrEqual(0.05);
  });

  it('clears when it was predicted to, within a fifth, in nine of ten looks', () => {
    const errors = looks.flatMap(({ view, truth }) => {
      const predicted = view.bottleneck?.clearsInSeconds ?? null;
      return truth >= 3 && predicted !== null ? [Math.abs(predicted - truth) / truth] : [];
    });
    expect(quantile(errors, 0.5)).toBeLessThanOrEqual(0.05);
    expect(quantile(errors, 0.9)).toBeLessThanOrEqual(0.2);
  });
});

/**
 * What the samples of the last half minute say: rates of stages, workflows and consumers.
 *
 * Boundary: pure. The window is a compromise: at two steps a second it holds sixty of them, so that a rate
 * is within 13 % (one standard deviation), and a change shows in full after half a minute.
 */
import type { ConsumerView, MeterSample, RunSample, StageSample } from '../contracts/fleet.ts';
import { isoTime } from './iso-time.ts';
import { runSums, stageSums } from './meter-sums.ts';

/** How far back rates look. */
export const METER_WINDOW_MS = 30_000;

export interface StageRates extends StageSample {
  readonly arrivalPerSecond: number;
  readonly servicePerSecond: number;
}

const perSecond = (count: number, windowMs = METER_WINDOW_MS): number => count / (windowMs / 1000);

/**
 * Of what came into the stream in a window that ends where its consumer is: one that catches up reads
 * minutes in a second, and they are no rate of that second.
 */
function inWindow(
  samples: readonly MeterSample[],
  nowMs: number,
  windowMs = METER_WINDOW_MS,
): readonly MeterSample[] {
  const untilMs = nowMs - currentLagMs(samples);
  const isIn = (cameMs: number): boolean => cameMs > untilMs - windowMs && cameMs <= untilMs;
  return samples.filter(({ atMs, lagMs }) => isIn(atMs - lagMs));
}

function currentLagMs(samples: readonly MeterSample[]): number {
  const newest = samples.reduce<MeterSample | null>(
    (last, sample) => (last === null || sample.atMs >= last.atMs ? sample : last),
    null,
  );
  return newest?.lagMs ?? 0;
}

/** Of every stage that did anything; an attempt that was put off is neither an arrival nor served. */
export const stageRates = (samples: readonly MeterSample[], nowMs: number): readonly StageRates[] =>
  stageSums(inWindow(samples, nowMs).flatMap(({ stages }) => stages)).map((sum) => ({
    ...sum,
    arrivalPerSecond: perSecond(sum.arrived),
    servicePerSecond: perSecond(sum.ended),
  }));

/** How far back it is looked for what a stage can do: right after a quiet time the long window holds little of it. */
const SHORT_WINDOW_MS = 10_000;

/**
 * Steps a second that an agent takes off its queue, over all of its workflows: those that end, and those
 * that are put off. The better of two windows counts: a stage that has a queue does what it can.
 */
export function handledPerSecond(
  samples: readonly MeterSample[],
  agent: string,
  nowMs: number,
): number {
  const rates = [SHORT_WINDOW_MS, METER_WINDOW_MS].map((windowMs) => {
    const lately = inWindow(samples, nowMs, windowMs).flatMap(({ stages }) => stages);
    const handled = lately
      .filter((stage) => stage.agent === agent)
      .reduce((sum, { ended, deferred }) => sum + ended + deferred, 0);
    return perSecond(handled, windowMs);
  });
  return Math.max(...rates);
}

/** Of every workflow of which anything was heard, over all samples that are given. */
export const runTotals = (samples: readonly MeterSample[]): readonly RunSample[] =>
  runSums(samples.flatMap(({ runs }) => runs));

/** A consumer reads several parts of the stream at once, one of which may be behind the others. */
const LATELY_MS = 5000;

/** Each consumer as its newest batches show it, in the order of their names. */
export function consumerViews(
  samples: readonly MeterSample[],
  nowMs: number,
): readonly ConsumerView[] {
  const names = [...new Set(samples.map(({ consumer }) => consumer))].sort();
  return names.map((consumer) => {
    const own = samples.filter((sample) => sample.consumer === consumer);
    const newestMs = Math.max(...own.map(({ atMs }) => atMs));
    const lately = own.filter(({ atMs }) => atMs > newestMs - LATELY_MS);
    const events = own
      .filter(({ atMs }) => atMs > nowMs - METER_WINDOW_MS)
      .reduce((sum, sample) => sum + sample.events, 0);
    return {
      consumer,
      lagSeconds: Math.max(...lately.map(({ lagMs }) => lagMs)) / 1000,
      eventsPerSecond: perSecond(events),
      readAt: isoTime(newestMs),
    };
  });
}

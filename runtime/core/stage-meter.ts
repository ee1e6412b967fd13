/**
 * One sample of the stages from each batch of the event stream.
 *
 * Boundary: pure. Everything but the time of reading is taken from the batch.
 * Invariants
 * M1. An event counts once in a batch, however often it is in it. A batch that comes again cut in another
 *     way may count some twice: samples are figures for people and for the admission's controller, what
 *     happened is in the read model.
 * M2. A step that was put off and taken up again arrives once: its first start tells how long it waited.
 */
import type { SignalboxEvent } from '../contracts/event.ts';
import type { MeterSample, RunSample, StageSample } from '../contracts/fleet.ts';
import { elapsedMs } from './elapsed.ts';
import { runSums, stageSums } from './meter-sums.ts';
import { type PlatformEvent, platformEvents } from './platform-event.ts';

/** A batch as its consumer read it. */
export interface MeteredBatch {
  /** Shard and sequence number of its first record. */
  readonly id: string;
  readonly consumer: string;
  /** Epoch milliseconds at which it was read, and at which its oldest record had come into the stream. */
  readonly atMs: number;
  readonly oldestMs: number;
  readonly events: readonly SignalboxEvent[];
}

export function sampleOf({ id, consumer, atMs, oldestMs, events }: MeteredBatch): MeterSample {
  const platform = platformEvents(events);
  return {
    id,
    atMs,
    consumer,
    events: events.length,
    lagMs: elapsedMs(oldestMs, atMs),
    stages: stageSums(platform.flatMap(stagePart)),
    runs: runSums(platform.flatMap(runPart)),
  };
}

/** What one event adds to its stage. */
function stagePart({ workflow, type, data }: PlatformEvent): readonly StageSample[] {
  switch (type) {
    case 'signalbox.step.started':
      return data.waitMs === undefined
        ? []
        : [
            {
              ...noSteps(workflow, data.agent),
              arrived: 1,
              oldestWaitMs: data.waitMs,
              waitMs: data.waitMs,
            },
          ];
    case 'signalbox.step.deferred':
      return [{ ...noSteps(workflow, data.agent), deferred: 1 }];
    case 'signalbox.step.retried':
    case 'signalbox.step.succeeded':
    case 'signalbox.step.failed':
    case 'signalbox.step.expired':
    case 'signalbox.step.stopped':
      return [{ ...noSteps(workflow, data.agent), ended: 1, runMs: data.durationMs }];
    default:
      return [];
  }
}

/** Of a stage at which nothing happens. */
export const noSteps = (workflow: string, agent: string): StageSample => ({
  workflow,
  agent,
  arrived: 0,
  oldestWaitMs: 0,
  waitMs: 0,
  ended: 0,
  runMs: 0,
  deferred: 0,
});

/** Of a workflow in which nothing happens. */
export const noRuns = (workflow: string): RunSample => ({
  workflow,
  accepted: 0,
  succeeded: 0,
  endedOtherwise: 0,
  durationMs: 0,
});

/** What one event adds to its workflow. */
function runPart({ workflow, type, data }: PlatformEvent): readonly RunSample[] {
  const nothing = noRuns(workflow);
  switch (type) {
    case 'signalbox.run.accepted':
      return [{ ...nothing, accepted: 1 }];
    case 'signalbox.run.succeeded':
      return [{ ...nothing, succeeded: 1, durationMs: data.durationMs }];
    case 'signalbox.run.failed':
    case 'signalbox.run.expired':
    case 'signalbox.run.stopped':
      return [{ ...nothing, endedOtherwise: 1 }];
    default:
      return [];
  }
}

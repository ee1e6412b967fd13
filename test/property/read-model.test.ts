import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryReadModel } from '#runtime/adapters/memory/read-model.ts';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import { projectionsOf } from '#runtime/core/project.ts';
import { runViewOf } from '#runtime/core/run-view.ts';
import { traceOf } from '#runtime/core/trace.ts';
import {
  accepted,
  failedWith,
  failure,
  RUN,
  started,
  step,
  succeeded,
  T0,
  told,
} from '../support/story.ts';

const NOW = T0 + 600_000;
const atMs = fc.integer({ min: -2000, max: 300_000 });
const timeout = failure('TIMEOUT', 'Agent.Retryable');

/** Events of one attempt, any part of which may be missing; clocks go as they like. */
const attempt = fc
  .record({
    path: fc.constantFrom('intent', 'answer', 'search[3]/read'),
    retry: fc.nat(2),
    times: fc.array(atMs, { minLength: 9, maxLength: 9 }),
    take: fc.array(fc.boolean(), { minLength: 9, maxLength: 9 }),
  })
  .map(({ path, retry, times, take }) => {
    const s = step(path, retry);
    const t = (i: number): number => times[i] ?? 0;
    return [
      s.queued(t(0)),
      s.claimed(t(1), 10 * retry + 1),
      s.claimed(t(2), 10 * retry + 2, 2),
      s.callStarted(t(3), 'effect:x', 'effect', 10 * retry + 1),
      s.uncertain(t(4), 'effect:x', 10 * retry + 2),
      s.called(t(5), 'model:a', 'model', 300, 10 * retry + 1, 1),
      s.called(t(6), 'effect:x', 'effect', 500, 10 * retry + 2),
      s.retried(t(7), timeout, 10 * retry + 1),
      s.succeeded(t(8), 10 * retry + 2),
    ].filter((_, i) => take[i]);
  });

const runEvents = fc.subarray([
  accepted(),
  started(50),
  succeeded(9000),
  failedWith(8000, 'Agent.Retryable'),
  told('signalbox.run.started', 20_000, {}, { gen: 1 }),
  told('signalbox.run.succeeded', 30_000, { durationMs: 1, output: 2 }, { gen: 1 }),
]);

/** A set of events as the contracts allow it: the same id has the same content (V4). */
const eventSet = fc
  .tuple(runEvents, fc.array(attempt, { maxLength: 6 }))
  .map(([run, attempts]) => [
    ...new Map([...run, ...attempts.flat()].map((event) => [event.id, event])).values(),
  ]);

/** The set, and the same set as it may arrive: in any order, any event any number of times. */
const arrivals = eventSet.chain((events) =>
  fc.tuple(
    fc.constant(events),
    events.length === 0
      ? fc.constant<SignalboxEvent[]>([])
      : fc
          .array(fc.constantFrom(...events), { maxLength: 10 })
          .chain((again) =>
            fc.shuffledSubarray([...events, ...again], { minLength: events.length + again.length }),
          ),
  ),
);

async function projected(batches: readonly (readonly SignalboxEvent[])[]) {
  const readModel = new MemoryReadModel();
  for (const batch of batches) await readModel.apply(batch.flatMap(projectionsOf));
  const { events } = await readModel.events({ run: RUN, limit: 1000 });
  return {
    listing: await readModel.listing(RUN),
    view: runViewOf(events, NOW),
    trace: traceOf(events, NOW),
  };
}

describe('R11: what is read is a function of the set of events', () => {
  it('view and trace do not depend on order or repetition', () => {
    fc.assert(
      fc.property(arrivals, ([events, arrived]) => {
        expect(runViewOf(arrived, NOW)).toEqual(runViewOf(events, NOW));
        expect(traceOf(arrived, NOW)).toEqual(traceOf(events, NOW));
      }),
    );
  });

  it('the projected read model does not depend on order, repetition or batches', async () => {
    await fc.assert(
      fc.asyncProperty(arrivals, fc.nat(10), async ([events, arrived], cut) => {
        const [live, rebuilt] = await Promise.all([
          projected([arrived.slice(0, cut), arrived.slice(cut), arrived.slice(0, cut)]),
          projected([events]),
        ]);
        expect(live).toEqual(rebuilt);
      }),
    );
  });

  it('list and view agree on the status, but for a run that is known to run by its steps only', async () => {
    await fc.assert(
      fc.asyncProperty(eventSet, async (events) => {
        const { listing, view } = await projected([events]);
        if (view === null) return;
        const seen =
          view.steps.length > 0 && listing?.status?.status === 'accepted'
            ? 'running'
            : listing?.status?.status;
        expect(view.status).toBe(seen);
      }),
    );
  });
});

describe('T1: the parts of a span are its whole', () => {
  it('whatever the clocks say, and no part is negative', () => {
    fc.assert(
      fc.property(eventSet, (events) => {
        for (const span of traceOf([accepted(), ...events], NOW)?.spans ?? []) {
          const { queuedMs, modelMs, effectMs, ownMs, lostMs } = span;
          expect(Math.min(queuedMs, modelMs, effectMs, ownMs, lostMs)).toBeGreaterThanOrEqual(0);
          expect(lostMs).toBeLessThanOrEqual(ownMs);
          if (span.startedAt === undefined || span.endedAt === undefined) continue;
          const ran = Date.parse(span.endedAt) - Date.parse(span.startedAt);
          expect(modelMs + effectMs + ownMs).toBe(Math.max(0, ran));
        }
      }),
    );
  });
});

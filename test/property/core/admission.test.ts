/**
 * V1, V2 and fair shares, for any interleaving of newcomers and returners, whose clocks differ.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AdmissionRecord } from '#runtime/contracts/admission.ts';
import { type AdmissionRequest, decide, newAdmission } from '#runtime/core/admission.ts';

const T0 = Date.UTC(2026, 0, 1);

/** Instances' clocks differ by so much at most. */
const SKEW_MS = 500;

const limitedTo = (rate: number): AdmissionRecord => {
  const line = { next: 0, v0: 0, t0: T0, rate };
  return { ...newAdmission('support'), line, returns: line };
};

interface LetIn {
  readonly atMs: number;
  readonly tenant: string;
  readonly lane: 'fast' | undefined;
}

/** The record, its clock, and whoever was sent away with a place. */
class Door {
  record: AdmissionRecord;
  nowMs = T0;
  readonly maxQueueSeconds: number;
  readonly letIn: LetIn[] = [];
  readonly outside: { readonly tenant: string; readonly place: number; readonly dueMs: number }[] =
    [];

  constructor(rate: number, maxQueueSeconds: number) {
    this.record = limitedTo(rate);
    this.maxQueueSeconds = maxQueueSeconds;
  }

  /** @returns whether it was let in */
  ask({ tenant, place }: Omit<AdmissionRequest, 'maxQueueSeconds'>, skewMs = 0): boolean {
    const { maxQueueSeconds } = this;
    const decision = decide(this.record, { tenant, place, maxQueueSeconds }, this.nowMs + skewMs);
    if (decision.kind !== 'early') this.record = decision.record;
    if (decision.kind === 'admitted') {
      this.letIn.push({ atMs: this.nowMs, tenant, lane: decision.lane });
      return true;
    }
    if (decision.place !== null) {
      // As `Retry-After` says it.
      const dueMs = this.nowMs + Math.max(1, Math.ceil(decision.returnSeconds)) * 1000;
      this.outside.push({ tenant, place: decision.place, dueMs });
    }
    return false;
  }
}

const rates = fc.double({ min: 0.2, max: 50, noNaN: true });
const queues = fc.double({ min: 1, max: 30, noNaN: true });

const action = fc.record({
  passMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 4000 })),
  skewMs: fc.integer({ min: -SKEW_MS, max: SKEW_MS }),
  tenant: fc.constantFrom('a', 'b', 'c'),
  /** So many newcomers at once, or one of those outside. */
  newcomers: fc.integer({ min: 0, max: 40 }),
  pick: fc.nat(),
});

/** The most in any window, less what the window gives: the largest sum of a stretch (Kadane). */
function mostAhead(times: readonly number[], perSecond: number): number {
  let most = 0;
  let ahead = 0;
  let lastMs = times[0] ?? 0;
  for (const atMs of times) {
    ahead = Math.max(0, ahead - ((atMs - lastMs) / 1000) * perSecond) + 1;
    most = Math.max(most, ahead);
    lastMs = atMs;
  }
  return most;
}

test('V1: over any window no more are let in than rate and queue give, besides tenants’ shares', () => {
  let sent = 0;
  fc.assert(
    fc.property(
      rates,
      queues,
      fc.array(action, { minLength: 20, maxLength: 120 }),
      (rate, maxQueueSeconds, actions) => {
        const door = new Door(rate, maxQueueSeconds);
        for (const { passMs, skewMs, tenant, newcomers, pick } of actions) {
          door.nowMs += passMs;
          for (let i = 0; i < newcomers; i += 1) door.ask({ tenant, place: null }, skewMs);
          const [back] = door.outside.splice(pick % Math.max(1, door.outside.length), 1);
          if (newcomers === 0 && back) door.ask(back, skewMs);
        }
        sent += door.outside.length;
        const main = door.letIn.filter(({ lane }) => lane === undefined);
        const skewed = (2 * SKEW_MS * rate) / 1000;
        expect(mostAhead(timesOf(main), rate)).toBeLessThanOrEqual(
          rate * maxQueueSeconds + skewed + 2,
        );
        for (const tenant of ['a', 'b', 'c']) {
          const fast = door.letIn.filter((one) => one.tenant === tenant && one.lane);
          // Two tenants at least share the rate; a second of it may come at once.
          expect(mostAhead(timesOf(fast), rate / 2)).toBeLessThanOrEqual(rate / 2 + skewed + 2);
        }
      },
    ),
    { numRuns: 300 },
  );
  expect(sent, 'the stories fill the line').toBeGreaterThan(1000);
});

const timesOf = (letIn: readonly LetIn[]): number[] => letIn.map(({ atMs }) => atMs);

test('V2: who comes back when told is let in at once, however many newcomers there are', () => {
  let returned = 0;
  fc.assert(
    fc.property(
      fc.double({ min: 3, max: 50, noNaN: true }),
      fc.double({ min: 6, max: 30, noNaN: true }),
      fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 60, maxLength: 200 }),
      fc.integer({ min: 0, max: 900 }),
      (rate, maxQueueSeconds, floods, lateMs) => {
        const door = new Door(rate, maxQueueSeconds);
        for (const flood of floods) {
          door.nowMs += 500;
          const due = door.outside.filter(({ dueMs }) => dueMs + lateMs <= door.nowMs);
          for (const back of due) {
            door.outside.splice(door.outside.indexOf(back), 1);
            expect(door.ask(back)).toBe(true);
            returned += 1;
          }
          for (let i = 0; i < flood; i += 1) door.ask({ tenant: 'a', place: null });
        }
      },
    ),
    { numRuns: 100 },
  );
  expect(returned).toBeGreaterThan(1000);
});

test('S1: more tenants than are remembered get no more than the rate', () => {
  const [rate, seconds, tenants] = [2, 300, 1000];
  const door = new Door(rate, 10);
  // Each comes every 80 s or so: less often than its share would let it, if two hundred were all.
  for (let i = 0; i < 12 * seconds; i += 1) {
    door.nowMs = T0 + (i / 12) * 1000;
    door.ask({ tenant: `t-${i % tenants}`, place: null });
  }
  // Two hundred that come for the first time have a turn each.
  expect(door.letIn.length).toBeLessThanOrEqual(rate * (seconds + 10) + 200);
  expect(door.letIn.length).toBeGreaterThanOrEqual(rate * seconds);
});

describe('a quiet tenant', () => {
  test('is always let in below its fair share, whatever the others do', () => {
    let asked = 0;
    fc.assert(
      fc.property(
        fc.double({ min: 1, max: 50, noNaN: true }),
        fc.integer({ min: 1, max: 3 }),
        fc.array(
          fc.record({
            gap: fc.double({ min: 1, max: 4, noNaN: true }),
            flood: fc.integer({ min: 1, max: 60 }),
          }),
          { minLength: 30, maxLength: 120 },
        ),
        (rate, others, gaps) => {
          const door = new Door(rate, 10);
          const shareMs = (1000 * (others + 1)) / rate;
          for (const { gap, flood } of gaps) {
            door.nowMs += gap * shareMs;
            for (let i = 0; i < flood; i += 1) {
              door.ask({ tenant: `loud-${i % others}`, place: null });
            }
            expect(door.ask({ tenant: 'quiet', place: null })).toBe(true);
            asked += 1;
          }
        },
      ),
      { numRuns: 150 },
    );
    expect(asked).toBeGreaterThan(1000);
  });
});

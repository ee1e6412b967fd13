import { describe, expect, test } from 'vitest';
import type { AdmissionRecord } from '#runtime/contracts/admission.ts';
import {
  type AdmissionDecision,
  type AdmissionRequest,
  decide,
  newAdmission,
  predictedWaitSeconds,
} from '#runtime/core/admission.ts';

const T0 = Date.UTC(2026, 0, 1);

/** A workflow whose bottleneck takes `rate` runs a second, with so long a wait. */
const admissionAt = (
  rate: number,
  waitSeconds = 0,
  changes: Partial<AdmissionRecord> = {},
): AdmissionRecord => {
  const line = { next: waitSeconds * rate, v0: 0, t0: T0, rate };
  return { ...newAdmission('support'), line, returns: { ...line, next: 0 }, ...changes };
};

const request = (changes: Partial<AdmissionRequest> = {}): AdmissionRequest => ({
  tenant: 'default',
  place: null,
  maxQueueSeconds: 10,
  ...changes,
});

/** Everybody who asks at one instant, one after the other. */
function ask(
  record: AdmissionRecord,
  requests: readonly AdmissionRequest[],
  nowMs = T0,
): { readonly record: AdmissionRecord; readonly decisions: readonly AdmissionDecision[] } {
  const decisions: AdmissionDecision[] = [];
  let current = record;
  for (const one of requests) {
    const decision = decide(current, one, nowMs);
    decisions.push(decision);
    if (decision.kind !== 'early') current = decision.record;
  }
  return { record: current, decisions };
}

const many = (count: number, changes: Partial<AdmissionRequest> = {}): AdmissionRequest[] =>
  Array.from({ length: count }, () => request(changes));

const kinds = (decisions: readonly AdmissionDecision[]): Record<string, number> =>
  Object.fromEntries(
    Object.entries(Object.groupBy(decisions, ({ kind }) => kind)).map(([kind, found]) => [
      kind,
      found?.length ?? 0,
    ]),
  );

describe('decide', () => {
  test('lets everybody in while nothing limits the workflow, and counts them', () => {
    const { record, decisions } = ask(newAdmission('support'), many(1000));
    expect(kinds(decisions)).toEqual({ admitted: 1000 });
    expect(decisions.at(-1)).toMatchObject({ waitSeconds: 0 });
    expect(record).toMatchObject({ admitted: 1000, rejected: 0, rev: 1000, tenants: {} });
  });

  test('lets in what the bottleneck takes within maxQueueSeconds, and sends the others away (V1)', () => {
    const { record, decisions } = ask(admissionAt(2), many(30));
    expect(kinds(decisions)).toEqual({ admitted: 21, rejected: 9 });
    expect(decisions[20]).toMatchObject({ kind: 'admitted', waitSeconds: 10 });
    expect(record).toMatchObject({ admitted: 21, rejected: 9, rev: 30 });
  });

  test('lets one more in for every turn that passes', () => {
    const full = ask(admissionAt(2), many(21)).record;
    expect(predictedWaitSeconds(full, T0 + 500)).toBe(10);
    expect(decide(full, request(), T0 + 499)).toMatchObject({ kind: 'rejected' });
    expect(decide(full, request(), T0 + 500)).toMatchObject({ kind: 'admitted' });
  });
});

describe('a place to come back', () => {
  test('is one turn behind the one before, the first when half of the queue is empty', () => {
    const { decisions } = ask(admissionAt(2), many(24));
    const returns = decisions.slice(21).map((one) => one.kind === 'rejected' && one.returnSeconds);
    expect(returns).toEqual([5.5, 6, 6.5]);
  });

  test('lets its holder in when it is due, and newcomers up to half of the queue only meanwhile (V2)', () => {
    const { record, decisions } = ask(admissionAt(2), many(24));
    const places = decisions.flatMap((one) => (one.kind === 'rejected' ? one.place : []));
    const [first = null] = places;
    const atMs = T0 + 5500;
    expect(predictedWaitSeconds(record, atMs)).toBe(5);
    const newcomers = ask(record, many(2), atMs);
    expect(kinds(newcomers.decisions)).toEqual({ admitted: 1, rejected: 1 });
    const back = decide(newcomers.record, request({ place: first }), atMs);
    expect(back).toMatchObject({ kind: 'admitted', record: { redeemed: 1 } });
  });

  test('is kept for two seconds after its turn: whole seconds and the way take time', () => {
    const record = { ...admissionAt(2, 16), returns: { next: 3, v0: 0, t0: T0, rate: 2 } };
    const newcomer = request({ maxQueueSeconds: 20 });
    expect(decide(record, newcomer, T0 + 3499)).toMatchObject({ kind: 'rejected' });
    expect(decide(record, newcomer, T0 + 3500)).toMatchObject({ kind: 'admitted' });
  });

  test('is told again to who comes too early, and nothing is written', () => {
    const { record, decisions } = ask(admissionAt(2), many(22));
    const rejected = decisions.at(-1);
    const place = rejected?.kind === 'rejected' ? rejected.place : null;
    const early = decide(record, request({ place }), T0 + 2000);
    expect(early).toEqual({ kind: 'early', place, returnSeconds: 3.5, waitSeconds: 8.5 });
  });

  test('is lost to who comes more than 30 s late', () => {
    const record = admissionAt(2, 45, { returns: { next: 5, v0: 0, t0: T0, rate: 2 } });
    const place = 2;
    const inTime = decide(record, request({ place, maxQueueSeconds: 60 }), T0 + 31_000);
    expect(inTime).toMatchObject({ kind: 'admitted', record: { redeemed: 1 } });
    const late = decide(record, request({ place, maxQueueSeconds: 60 }), T0 + 31_001);
    expect(late).toMatchObject({ kind: 'admitted', record: { redeemed: 0 } });
  });

  test('is worth nothing when this line has not given it', () => {
    const full = admissionAt(2, 12);
    expect(decide(full, request({ place: 7 }), T0)).toMatchObject({ kind: 'rejected' });
  });

  test('is exchanged for one behind the others when the line is full all the same', () => {
    const { record } = ask(admissionAt(2), many(25));
    const full = { ...record, line: { ...record.line, next: 60 } };
    const again = decide(full, request({ place: 11 }), T0 + 5500);
    expect(again).toMatchObject({ kind: 'rejected', record: { redeemed: 0 } });
    expect(again.kind === 'rejected' && again.place).toBeGreaterThan(14);
  });

  test('is not given further ahead than anybody waits', () => {
    const { decisions } = ask(admissionAt(1), many(80));
    const places = decisions.flatMap((one) => (one.kind === 'rejected' ? [one] : []));
    const given = places.filter(({ place }) => place !== null);
    expect(Math.max(...given.map(({ returnSeconds }) => returnSeconds))).toBeLessThanOrEqual(55);
    expect(given).toHaveLength(50);
    expect(places.at(-1)).toMatchObject({ place: null, returnSeconds: 55 });
  });

  test('moves along when the rate changes (V3)', () => {
    const { record, decisions } = ask(admissionAt(2), many(23));
    const last = decisions.at(-1);
    const place = last?.kind === 'rejected' ? last.place : null;
    const halved = { ...record, returns: { ...record.returns, rate: 1 } };
    const early = decide(halved, request({ place }), T0 + 6000);
    expect(early).toMatchObject({ kind: 'early', returnSeconds: 6 });
  });
});

describe('a tenant below its fair share', () => {
  /** Somebody has let the line run full a moment ago. */
  const flooded = ask(admissionAt(10, 8), many(100, { tenant: 'loud' })).record;

  test('is let in though the line is full, ahead of the others', () => {
    expect(decide(flooded, request({ tenant: 'loud' }), T0)).toMatchObject({ kind: 'rejected' });
    const quiet = decide(flooded, request({ tenant: 'quiet' }), T0);
    expect(quiet).toMatchObject({ kind: 'admitted', lane: 'fast', waitSeconds: 0 });
  });

  test('gets no more than its share so', () => {
    const { decisions } = ask(flooded, many(20, { tenant: 'quiet' }));
    // Two tenants share 10 a second: 5 a second each, a second of it at once.
    expect(kinds(decisions)).toEqual({ admitted: 6, rejected: 14 });
  });

  test('has a third of the rate among three', () => {
    const tenants = { ...flooded.tenants, third: T0 };
    const { decisions } = ask({ ...flooded, tenants }, many(20, { tenant: 'quiet' }));
    expect(kinds(decisions)).toEqual({ admitted: 4, rejected: 16 });
  });

  test('stays on the main lane while nobody waits', () => {
    const calm = admissionAt(10, 0.5, { tenants: { loud: T0 + 9000 } });
    const decision = decide(calm, request({ tenant: 'quiet' }), T0);
    expect(decision).toMatchObject({ kind: 'admitted', waitSeconds: 0.5 });
    expect(decision).not.toHaveProperty('lane');
  });

  test('has no lane to itself when it is alone', () => {
    const alone = admissionAt(10, 12);
    expect(decide(alone, request({ tenant: 'only' }), T0)).toMatchObject({ kind: 'rejected' });
  });

  test('does not share with a tenant that came more than a minute ago', () => {
    const old = admissionAt(10, 12, { tenants: { gone: T0 - 60_001 } });
    expect(decide(old, request({ tenant: 'quiet' }), T0)).toMatchObject({ kind: 'rejected' });
  });

  test('is told from a name that every object has', () => {
    const decision = decide(flooded, request({ tenant: 'constructor' }), T0);
    expect(decision).toMatchObject({ kind: 'admitted', lane: 'fast' });
  });
});

test('tenants that are remembered are bounded', () => {
  const requests = Array.from({ length: 500 }, (_, i) => request({ tenant: `t-${i}` }));
  const { record } = ask(admissionAt(1000), requests);
  expect(Object.keys(record.tenants).length).toBe(200);
});

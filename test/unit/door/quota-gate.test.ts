/** What the gate before a quota's calls does where lines, calls or ledgers are slow. */
import { describe, expect, test } from 'vitest';
import { MemoryQuotaLedger } from '#runtime/adapters/memory/quota-ledger.ts';
import { VirtualSystem } from '#runtime/adapters/memory/virtual-system.ts';
import type { QuotaLimits } from '#runtime/contracts/quota.ts';
import { QuotaGate, type QuotaRequest } from '#runtime/lambda/quota-gate.ts';
import type { QuotaTake } from '#runtime/ports.ts';
import { PLAIN_CALL, tellQuotaStory } from '../../support/quota-world.ts';

const QUOTA = 'model:default';

/** A ledger that counts its takes, each of which takes so long. */
class SlowLedger extends MemoryQuotaLedger {
  takes = 0;
  readonly #system: VirtualSystem;
  readonly #takeMs: number;

  constructor(system: VirtualSystem, takeMs: number) {
    super();
    this.#system = system;
    this.#takeMs = takeMs;
  }

  override async take(take: QuotaTake) {
    this.takes += 1;
    await this.#system.sleep(this.#takeMs);
    return super.take(take);
  }
}

function gateWith(limits: QuotaLimits, takeMs = 0) {
  const system = new VirtualSystem();
  const quotas = new SlowLedger(system, takeMs);
  const gate = new QuotaGate({ quotas, system, limits: { [QUOTA]: limits } });
  const request = (changes: Partial<QuotaRequest> = {}): QuotaRequest => ({
    quota: QUOTA,
    call: 'model:ask',
    workflow: 'test',
    tenant: 't-1',
    deadlineMs: system.now() + 30_000,
    signal: new AbortController().signal,
    ...changes,
  });
  return { system, quotas, gate, request };
}

describe('a line in which nobody waits', () => {
  test('lets a call through that would typically not end in time: else nobody found out that calls are fast again', async () => {
    const { system, gate, request } = gateWith({ requestsPerSecond: 1 });
    for (const durationMs of [25_000, 25_000, 100]) {
      const entry = await gate.enter(request());
      if (entry.kind !== 'go') throw new Error(`refused: ${entry.kind}`);
      await system.advance(durationMs);
      await gate.report(entry.pass, { kind: 'answered', usedTokens: 0 });
    }
  });

  test('lets no call wait that would typically not end in time', async () => {
    const { system, gate, request } = gateWith({ requestsPerSecond: 1, burst: 1 });
    const first = await gate.enter(request());
    if (first.kind !== 'go') throw new Error(`refused: ${first.kind}`);
    await system.advance(25_000);
    await gate.report(first.pass, { kind: 'answered', usedTokens: 0 });
    const entries = [await gate.enter(request()), await gate.enter(request())];
    expect(entries.map(({ kind }) => kind)).toEqual(['go', 'too-late']);
  });

  test('lets none through whose deadline has passed', async () => {
    const { system, gate, request } = gateWith({ requestsPerSecond: 1 });
    const entry = await gate.enter(request({ deadlineMs: system.now() - 1 }));
    expect(entry.kind).toBe('too-late');
  });
});

describe('a ledger that is slow', () => {
  test('gives no more places to a call whose attempt has ended', async () => {
    const { system, quotas, gate, request } = gateWith({ requestsPerSecond: 1 }, 1500);
    const attempt = new AbortController();
    const entering = gate.enter(request({ signal: attempt.signal })).catch((why: Error) => why);
    await system.advance(2000);
    attempt.abort(new Error('stopped'));
    await system.run(entering);
    expect(await entering).toEqual(new Error('stopped'));
    expect(quotas.takes).toBeLessThanOrEqual(2);
  });
});

describe('an outage after a slow spell', () => {
  test('is probed by calls that would typically not end in time', async () => {
    const { system, gate, request } = gateWith({ requestsPerSecond: 1 });
    for (const outcome of [
      { kind: 'answered', usedTokens: 0 } as const,
      ...Array.from({ length: 5 }, () => ({ kind: 'unavailable' }) as const),
      { kind: 'answered', usedTokens: 0 } as const,
    ]) {
      const entry = await gate.enter(request());
      if (entry.kind !== 'go') throw new Error(`refused: ${entry.kind}`);
      await system.advance(25_000);
      await gate.report(entry.pass, outcome);
      // The first probe is due by then.
      await system.advance(3000);
    }
  });
});

describe('an outage of a slow quota', () => {
  test('is probed no faster than the quota lets calls through (R7)', async () => {
    const { system, gate, request } = gateWith({ requestsPerSecond: 0.1, burst: 5 });
    const deadlineMs = system.now() + 600_000;
    const passedMs: number[] = [];
    for (let second = 0; second < 120; second += 1) {
      const entry = await gate.enter(request({ deadlineMs }));
      if (entry.kind === 'go') {
        passedMs.push(system.now());
        await gate.report(entry.pass, { kind: 'unavailable' });
      }
      await system.advance(1000);
    }
    const probes = passedMs.slice(5);
    for (const [i, ms] of probes.slice(1).entries()) {
      expect(ms - (probes[i] ?? 0)).toBeGreaterThanOrEqual(10_000);
    }
    expect(probes.length).toBeGreaterThan(5);
  });
});

describe('the end of a stall', () => {
  test('lets no places be used that were lost in it, though others line up ahead of them (R7)', async () => {
    // Their turns come one a second. Half of them are back at 17.5 s, too late, and go ahead of the others,
    // who are too late, too, when they come half a second after them.
    const { made } = await tellQuotaStory({
      limits: { requestsPerSecond: 1, burst: 1 },
      skewsMs: [0],
      calls: Array.from({ length: 17 }, () => PLAIN_CALL),
      orders: [],
      stalls: [
        { fromMs: 0, forMs: 17_500 },
        { fromMs: 8200, forMs: 9800 },
      ],
    });
    const firstMs = made[0]?.atMs ?? 0;
    const afterStall = made.map(({ atMs }) => atMs - firstMs).filter((ms) => ms >= 17_000);
    expect(made).toHaveLength(17);
    // A line and its fast lane begin with one each at once.
    for (const [n, ms] of afterStall.slice(2).entries()) {
      expect(ms - (afterStall[0] ?? 0)).toBeGreaterThan(n * 1000);
    }
  });
});

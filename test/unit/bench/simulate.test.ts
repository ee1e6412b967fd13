import { expect, test } from 'vitest';
import { SCENARIOS, type Scenario } from '../../../bench/overload/simulate/scenario.ts';
import { governed, naive, tell } from '../../../bench/overload/simulate/story.ts';

const short = (change: Partial<Scenario> = {}): Scenario => {
  const [first] = SCENARIOS;
  if (!first) throw new TypeError('there is no scenario');
  const phases = { warmSeconds: 30, spikeSeconds: 60, coolSeconds: 60 };
  const load = { quietPerSecond: 2, spikePerSecond: 12, configuredPerSecond: 4, workers: 12 };
  const provider = { ...first.provider, rateLimit: { perSecond: 4, burst: 5, refusalMs: 500 } };
  return { ...first, ...phases, ...load, provider, capacityPerSecond: 4, ...change };
};

test('the same seed tells the same story, another one another', async () => {
  const first = await tell(short(), 1, governed);
  expect(await tell(short(), 1, governed)).toEqual(first);
  expect(await tell(short(), 2, governed)).not.toEqual({ ...first, seed: 2 });
});

test('a spike costs the governed pipeline nothing but the requests that it sends away', async () => {
  const { goodputShare, callsPerUseful, stale, p99Seconds } = await tell(short(), 1, governed);
  expect(goodputShare).toBeGreaterThan(0.93);
  expect(callsPerUseful).toBeLessThan(1.05);
  expect(stale).toBe(0);
  expect(p99Seconds).toBeLessThan(25);
});

test('the naive pipeline drowns in the same spike', async () => {
  const { callsPerUseful, expiredShare } = await tell(short(), 1, naive);
  expect(callsPerUseful).toBeGreaterThan(4);
  expect(expiredShare).toBeGreaterThan(0.1);
});

test('a tenant beside one that floods is answered as before', async () => {
  const { quietTenant } = await tell(short({ quietTenantPerSecond: 0.5 }), 1, governed);
  expect(quietTenant?.answeredShare).toBe(1);
  expect(quietTenant?.p95InSpikeSeconds).toBeLessThan(2 * (quietTenant?.p95BeforeSeconds ?? 0));
});

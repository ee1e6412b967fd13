import { describe, expect, it } from 'vitest';
import type { QuotaView, StageView } from '#runtime/contracts/fleet.ts';
import { findBottleneck } from '#runtime/core/bottleneck.ts';
import { quotaView, stageView } from './samples.ts';

const waiting = (quota: string, seconds: number): QuotaView =>
  quotaView({ quota, clearsInSeconds: seconds, waitSeconds: seconds, ticketsAhead: 9 });

const behind = (agent: string, seconds: number | null, parts: Partial<StageView> = {}): StageView =>
  stageView({ agent, queued: 9, predictedWaitSeconds: seconds, oldestWaitSeconds: 5, ...parts });

const closed = (quota: string, state: 'paused' | 'outage'): QuotaView =>
  quotaView({ quota, state, ratePerSecond: 0, waitSeconds: null, clearsInSeconds: null });

const named = (quotas: readonly QuotaView[], stages: readonly StageView[] = []) =>
  findBottleneck({ quotas, stages })?.bottleneck ?? null;

describe('findBottleneck', () => {
  it('finds none where nothing waits', () => {
    expect(named([quotaView()], [stageView()])).toBeNull();
  });

  it('B2: names the longest wait, of quotas and stages alike', () => {
    const quotas = [waiting('crm', 4), waiting('model:default', 21)];
    expect(named(quotas, [behind('answer-question', 12)])).toEqual({
      name: 'model:default',
      kind: 'quota',
      clearsInSeconds: 21,
    });
    expect(named(quotas, [behind('answer-question', 38)])).toEqual({
      name: 'answer-question',
      kind: 'stage',
      clearsInSeconds: 38,
    });
  });

  it('B1: names what is closed before everything that moves, an outage before a pause', () => {
    const busy = waiting('a', 300);
    expect(named([busy, closed('crm', 'paused')])).toEqual({
      name: 'crm',
      kind: 'paused',
      clearsInSeconds: null,
    });
    expect(named([busy, closed('crm', 'paused'), closed('model:default', 'outage')])).toEqual({
      name: 'model:default',
      kind: 'outage',
      clearsInSeconds: null,
    });
  });

  it("B2: names a tenant's own line only when nothing else waits", () => {
    const tenant = { ...waiting('model:default', 90), tenant: 'acme' };
    expect(named([tenant, waiting('crm', 2)])?.name).toBe('crm');
    expect(named([tenant])?.name).toBe('model:default of tenant acme');
    expect(named([{ ...closed('crm', 'paused'), tenant: 'acme' }, waiting('crm', 2)])?.kind).toBe(
      'quota',
    );
  });

  it('B3: does not name what passes by itself', () => {
    expect(named([waiting('model:default', 0.9)])).toBeNull();
    const onTheirWay = behind('answer-question', 8, { oldestWaitSeconds: 0.3 });
    expect(named([], [onTheirWay, behind('answer-question', 1.9)])).toBeNull();
  });

  it('names a stage that takes nothing, unless a quota is known to need longer', () => {
    const stuck = behind('answer-question', null, { oldestWaitSeconds: 0 });
    expect(named([waiting('crm', 20)], [stuck])).toEqual({
      name: 'answer-question',
      kind: 'stage',
      clearsInSeconds: null,
    });
    expect(named([waiting('crm', 45)], [stuck])?.name).toBe('crm');
  });
});

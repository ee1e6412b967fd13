import type { MeterSample, QuotaView, StageSample, StageView } from '#runtime/contracts/fleet.ts';

export const NOW = Date.UTC(2026, 0, 1, 12);

let made = 0;

/** A batch that was read so long ago. */
export const meterSample = (agoMs: number, parts: Partial<MeterSample> = {}): MeterSample => ({
  id: `shard:${++made}`,
  atMs: NOW - agoMs,
  consumer: 'project-events',
  events: 0,
  lagMs: 0,
  stages: [],
  runs: [],
  ...parts,
});

export const stageSample = (parts: Partial<StageSample> = {}): StageSample => ({
  workflow: 'support',
  agent: 'do-it',
  arrived: 0,
  oldestWaitMs: 0,
  waitMs: 0,
  ended: 0,
  runMs: 0,
  deferred: 0,
  ...parts,
});

export const stageView = (parts: Partial<StageView> = {}): StageView => ({
  workflow: 'support',
  agent: 'answer-question',
  arrivalPerSecond: 0,
  servicePerSecond: 0,
  oldestWaitSeconds: 0,
  queued: 0,
  inFlight: 0,
  deferred: 0,
  predictedWaitSeconds: 0,
  ...parts,
});

export const quotaView = (parts: Partial<QuotaView> = {}): QuotaView => ({
  quota: 'model:default',
  limits: { requestsPerSecond: 2 },
  setBy: 'config',
  ratePerSecond: 2,
  state: 'open',
  ticketsAhead: 0,
  waitSeconds: 0,
  clearsInSeconds: 0,
  limitedBy: 'requests',
  throttled: 0,
  taken: 0,
  ...parts,
});

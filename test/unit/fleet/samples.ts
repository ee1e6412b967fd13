import type { MeterSample, StageSample } from '#runtime/contracts/fleet.ts';

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

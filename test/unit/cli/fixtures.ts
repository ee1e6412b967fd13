import type { RunView, StepView } from '../../../runtime/contracts/api.ts';
import type { SignalboxEvent } from '../../../runtime/contracts/event.ts';

export const step = (path: string, over: Partial<StepView> = {}): StepView => ({
  path,
  agent: `${path}-agent`,
  gen: 0,
  status: 'succeeded',
  attempts: 1,
  starts: 1,
  lostWorkers: 0,
  queuedMs: 10,
  deferredMs: 0,
  runMs: 200,
  ...over,
});

export const run = (over: Partial<RunView> = {}): RunView => ({
  id: 'r1',
  workflow: 'support',
  tenant: 'default',
  status: 'succeeded',
  gen: 0,
  tags: { customer: 'c-1' },
  acceptedAt: '2026-11-24T12:00:00.000Z',
  endedAt: '2026-11-24T12:00:01.500Z',
  deadlineAt: '2026-11-24T12:05:00.000Z',
  generations: [{ gen: 0, status: 'succeeded', acceptedAt: '2026-11-24T12:00:00.000Z' }],
  sentence: 'succeeded in 1.5 s: 1 step',
  steps: [step('intent')],
  output: { answer: 'yes' },
  ...over,
});

export const event = (type: string, over: Partial<SignalboxEvent> = {}): SignalboxEvent => ({
  specversion: '1.0',
  id: `id-${type}`,
  source: 'signalbox/api',
  type,
  time: '2026-11-24T12:00:00.000Z',
  datacontenttype: 'application/json',
  data: {},
  run: 'r1',
  root: 'r1',
  gen: 0,
  tenant: 'default',
  workflow: 'support',
  fence: 0,
  ordinal: 0,
  ...over,
});

import { beforeEach, describe, expect, test } from 'vitest';
import { MemoryLifecycleBus } from '#runtime/adapters/memory/lifecycle-bus.ts';
import { MemorySpanExporter } from '#runtime/adapters/memory/span-exporter.ts';
import { VirtualSystem } from '#runtime/adapters/memory/virtual-system.ts';
import { ThrottledError } from '#runtime/contracts/errors.ts';
import type { ExportedMetric } from '#runtime/core/export/metrics-of.ts';
import { type ExportPorts, exportEvents } from '#runtime/lambda/export-events.ts';
import { SILENT } from '#runtime/lambda/telemetry.ts';
import { failedWith, failure, shortStory, step, told } from '../../support/story.ts';

const CONTEXT = { stage: 'dev', modelProvider: 'openai' };
const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const story = shortStory().map((event) => ({ ...event, traceparent: TRACEPARENT }));

let system: VirtualSystem;
let spans: MemorySpanExporter;
let lifecycle: MemoryLifecycleBus;
let metrics: ExportedMetric[];
let complaints: string[];
beforeEach(() => {
  system = new VirtualSystem();
  spans = new MemorySpanExporter();
  lifecycle = new MemoryLifecycleBus();
  metrics = [];
  complaints = [];
});

const exporter = (ports: Partial<ExportPorts> = {}) =>
  exportEvents(
    {
      spans,
      lifecycle,
      metrics: { add: (metric) => metrics.push(metric) },
      system,
      telemetry: { ...SILENT, log: (_level, text) => complaints.push(text) },
      ...ports,
    },
    CONTEXT,
  );

const types = () => lifecycle.events.map(({ type }) => type);

describe('exportEvents', () => {
  test('hands on spans, lifecycle events and metrics', async () => {
    await system.run(exporter().handle(story, {}));
    expect(spans.spans).toHaveLength(5);
    expect(types()).toEqual([
      'signalbox.run.accepted',
      'signalbox.run.started',
      'signalbox.run.succeeded',
    ]);
    expect(metrics.map(({ name, dimensions }) => [name, dimensions])).toEqual([
      ['StepDuration', { agent: 'do-intent' }],
      ['StepDuration', { agent: 'do-answer' }],
      ['RunsEnded', { workflow: 'support', status: 'succeeded' }],
    ]);
  });

  test('gathers the spans of the runs of a batch into one request', async () => {
    const requests: number[] = [];
    const counting = {
      export: async (all: readonly unknown[]) => {
        requests.push(all.length);
        return null;
      },
    };
    const { handle } = exporter({ spans: counting });
    await system.run(Promise.all(Array.from({ length: 30 }, () => handle(story, {}))));
    expect(requests).toEqual([150]);
  });

  test('counts nothing of a batch that comes again because traces found no receiver', async () => {
    const busy = { export: () => Promise.reject(new ThrottledError('away')) };
    const handled = exporter({ spans: busy }).handle(story, {});
    await expect(system.run(handled)).rejects.toThrow('away');
    expect(types()).toEqual([]);
    expect(metrics).toEqual([]);
  });

  test('X2: goes on when a receiver refuses spans for good, and complains', async () => {
    const picky = { export: async () => ({ rejected: 5, why: 'no such tenant' }) };
    await system.run(exporter({ spans: picky }).handle(story, {}));
    expect(complaints).toHaveLength(1);
    expect(types()).toHaveLength(3);
  });

  test('sends no spans where no receiver is configured', async () => {
    await system.run(exporter({ spans: null }).handle(story, {}));
    expect(types()).toHaveLength(3);
    expect(metrics).toHaveLength(3);
  });

  test.each([
    [false, 0],
    [true, 3],
  ])(
    'X3: a replay with effects = %s puts %i lifecycle events, and counts nothing',
    async (hasEffects, count) => {
      const replay = { id: 'replay-1', hasEffects };
      await system.run(exporter().handle(story, { replay }));
      expect(spans.spans).toHaveLength(5);
      expect(types()).toHaveLength(count);
      expect(metrics).toEqual([]);
    },
  );
});

describe('metrics', () => {
  const of = async (...events: Parameters<ReturnType<typeof exporter>['handle']>[0]) => {
    await system.run(exporter().handle(events, {}));
    return metrics.map(({ name, value, dimensions }) => ({ name, value, ...dimensions }));
  };

  test('of a model call are its tokens and its price, by model', async () => {
    const call = { call: 'ask', kind: 'model', durationMs: 1, model: 'claude', usd: 0.25 } as const;
    const usage = { inputTokens: 7, outputTokens: 3 };
    const event = told('signalbox.call.succeeded', 0, { ...call, usage }, { path: 'answer' });
    expect(await of(event)).toEqual([
      { name: 'InputTokens', value: 7, model: 'claude' },
      { name: 'OutputTokens', value: 3, model: 'claude' },
      { name: 'UsdSpent', value: 0.25, model: 'claude' },
    ]);
  });

  test('of a failed call is one by its code, of a failed run one by its status', async () => {
    const call = {
      call: 'ask',
      kind: 'model',
      durationMs: 1,
      code: 'MODEL_REFUSED',
      message: '',
    } as const;
    const failed = told('signalbox.call.failed', 0, call, { path: 'answer' });
    expect(await of(failed, failedWith(9, 'Agent.Terminal'))).toEqual([
      { name: 'CallsFailed', value: 1, code: 'MODEL_REFUSED' },
      { name: 'RunsEnded', value: 1, workflow: 'support', status: 'failed' },
    ]);
  });

  test('never have a run among their dimensions', async () => {
    const why = failure('TIMEOUT', 'Agent.Retryable');
    await of(...story, step('answer').failed(9, why));
    const dimensions = new Set(metrics.flatMap((metric) => Object.keys(metric.dimensions)));
    expect([...dimensions].sort()).toEqual(['agent', 'status', 'workflow']);
  });
});

describe('lifecycle events', () => {
  test('are runs, approvals, dead letters and parked events; what happens inside stays on the stream', async () => {
    const letter = { deadLetter: 'l', agent: 'a', code: 'X', cause: 'why' };
    const parked = { consumer: 'c', event: 'e', type: 't', code: 'X', cause: 'why' };
    const events = [
      ...story,
      told('signalbox.dead_letter.parked', 0, letter, { path: 'answer' }),
      told('signalbox.event.parked', 0, parked),
      told('signalbox.approval.decided', 0, { decision: 'yes', by: 'ann' }, { path: 'approve' }),
    ];
    await system.run(exporter().handle(events, {}));
    expect(types().slice(3)).toEqual([
      'signalbox.dead_letter.parked',
      'signalbox.event.parked',
      'signalbox.approval.decided',
    ]);
  });

  test('of a size that no bus takes go without their data', async () => {
    const large = told('signalbox.run.succeeded', 0, {
      durationMs: 1,
      output: 'x'.repeat(300_000),
    });
    await system.run(exporter().handle([large], {}));
    expect(lifecycle.events).toMatchObject([
      { id: large.id, data: { omitted: expect.anything() } },
    ]);
  });
});

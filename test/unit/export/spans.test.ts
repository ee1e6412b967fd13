import { describe, expect, test } from 'vitest';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import type { Span } from '#runtime/contracts/span.ts';
import { newEvent } from '#runtime/core/event.ts';
import { spansOf } from '#runtime/core/export/spans-of.ts';
import { traceparentOf } from '#runtime/core/traceparent.ts';

const T0 = Date.UTC(2026, 0, 1);
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const CALLER = 'b7ad6b7169203331';
const CONTEXT = { stage: 'dev', modelProvider: 'aws.bedrock' };

interface Place {
  readonly path?: string;
  readonly attempt?: string;
  readonly gen?: number;
  readonly fence?: number;
  readonly ordinal?: number;
  readonly source?: string;
  readonly traceparent?: string;
  readonly cause?: string;
}

function event(type: string, atMs: number, data: unknown, place: Place = {}): SignalboxEvent {
  const { path, attempt = '0.0', gen = 0, fence = 1, ordinal = 0, cause } = place;
  return newEvent(
    {
      source: place.source ?? 'signalbox/test',
      run: 'run-1',
      root: 'run-1',
      gen,
      tenant: 'default',
      workflow: 'support',
      traceparent: place.traceparent ?? `00-${TRACE}-${CALLER}-01`,
      ...(path !== undefined && { step: { path, attempt } }),
      fence,
      ...(cause !== undefined && { reaction: { cause, origin: 'm-1', hops: 1 } }),
    },
    { type, atMs: T0 + atMs, data, ordinal },
  );
}

const only = (of: SignalboxEvent): Span => {
  const [span, ...more] = spansOf(of, CONTEXT);
  if (!span || more.length > 0) throw new Error(`${1 + more.length} spans, not one`);
  return span;
};

const accepted = event('signalbox.run.accepted', 0, { inputHash: 'h', tags: {}, deadlineAt: '' });
const ended = event('signalbox.run.succeeded', 900, { durationMs: 900 });
const step = { path: 'answer' };
const started = event(
  'signalbox.step.started',
  100,
  { agent: 'do-it', start: 1, waitMs: 60 },
  step,
);
const done = event('signalbox.step.succeeded', 400, { agent: 'do-it', durationMs: 300 }, step);
const model = {
  call: 'ask',
  kind: 'model',
  durationMs: 200,
  model: 'claude',
  usage: { inputTokens: 7, outputTokens: 3 },
  usd: 0.5,
};
const called = event('signalbox.call.succeeded', 350, model, step);
const domain = event('room.booked', 360, { room: 1 }, step);

describe('the spans of a workflow run', () => {
  const all = [accepted, started, called, domain, done, ended].map(only);
  const byComponent = new Map(all.map((span) => [span.component, span]));

  test('belong to the trace of its caller, one for each part of the platform', () => {
    expect(new Set(all.map(({ traceId }) => traceId))).toEqual(new Set([TRACE]));
    expect([...byComponent.keys()]).toEqual([
      'api',
      'sqs',
      'model',
      'kinesis',
      'lambda',
      'step-functions',
    ]);
  });

  test.each([
    ['api', CALLER],
    ['step-functions', 'api'],
    ['sqs', 'step-functions'],
    ['lambda', 'sqs'],
    ['model', 'lambda'],
    ['kinesis', 'lambda'],
  ] as const)('P2: %s hangs below %s, though each is made alone', (component, above) => {
    const parent = above === CALLER ? CALLER : byComponent.get(above)?.spanId;
    expect(byComponent.get(component)?.parentSpanId).toBe(parent);
  });

  test('P1: are the same whenever they are made', () => {
    expect([accepted, started, called, domain, done, ended].map(only)).toEqual(all);
  });

  test('last as long as what they are about', () => {
    const times = [...byComponent].map(([component, { startMs, endMs }]) => [
      component,
      startMs - T0,
      endMs - T0,
    ]);
    expect(times).toEqual([
      ['api', 0, 0],
      ['sqs', 40, 100],
      ['model', 150, 350],
      ['kinesis', 360, 360],
      ['lambda', 100, 400],
      ['step-functions', 0, 900],
    ]);
  });

  test('have ids of their own', () => {
    expect(new Set(all.map(({ spanId }) => spanId)).size).toBe(all.length);
    for (const { spanId } of all) expect(spanId).toMatch(/^[0-9a-f]{16}$/);
  });
});

describe('calls', () => {
  test('of a model say what the conventions for generative AI want', () => {
    const { name, kind, attributes } = only(called);
    expect({ name, kind }).toEqual({ name: 'chat claude', kind: 'client' });
    expect(attributes).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'aws.bedrock',
      'gen_ai.request.model': 'claude',
      'gen_ai.usage.input_tokens': 7,
      'gen_ai.usage.output_tokens': 3,
      'signalbox.usd': 0.5,
    });
  });

  test('of a tool do, too', () => {
    const tool = { call: 'find-term', kind: 'tool', durationMs: 5 };
    const { name, component, attributes } = only(event('signalbox.call.succeeded', 9, tool, step));
    expect({ name, component }).toEqual({ name: 'execute_tool find-term', component: 'tool' });
    expect(attributes).toMatchObject({
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'find-term',
    });
  });

  test('that failed carry their error', () => {
    const failed = {
      call: 'note',
      kind: 'effect',
      durationMs: 5,
      code: 'RETRYABLE',
      message: 'no',
    };
    const span = only(event('signalbox.call.failed', 9, failed, step));
    expect(span.error).toEqual({ type: 'RETRYABLE', message: 'no' });
    expect(span.component).toBe('effect');
  });
});

describe('attempts', () => {
  const failure = {
    code: 'TIMEOUT',
    name: 'Agent.Retryable',
    message: 'too slow',
    retryable: true,
    fingerprint: 'f',
  };

  test('that failed carry their error, also when another one follows', () => {
    const data = { agent: 'do-it', durationMs: 1, failure };
    for (const type of ['signalbox.step.retried', 'signalbox.step.failed']) {
      expect(only(event(type, 9, data, step)).error).toEqual({
        type: 'TIMEOUT',
        message: 'too slow',
      });
    }
  });

  test('after the first of a workflow hang below the run: nobody knows when their message was sent', () => {
    const later = { ...step, attempt: '0.1' };
    const wait = event('signalbox.step.started', 9, { agent: 'a', start: 1, waitMs: 9 }, later);
    expect(spansOf(wait, CONTEXT)).toEqual([]);
    const end = event('signalbox.step.succeeded', 9, { agent: 'a', durationMs: 5 }, later);
    expect(only(end).parentSpanId).toBe(only(ended).spanId);
  });

  test('that nobody started hang below the run', () => {
    const reused = { agent: 'a', durationMs: 0, reusedFrom: 'run-0' };
    const span = only(event('signalbox.step.succeeded', 9, reused, step));
    expect(span.parentSpanId).toBe(only(ended).spanId);
    expect(span.attributes['signalbox.reused_from']).toBe('run-0');
  });
});

describe('a reaction', () => {
  test('hangs below the event that it reacts to, each of its attempts', () => {
    for (const attempt of ['0.0', '0.1']) {
      const place = { path: 'search@0', attempt, cause: domain.id };
      const wait = event('signalbox.step.started', 9, { agent: 'a', start: 1, waitMs: 4 }, place);
      expect(only(wait).parentSpanId).toBe(only(domain).spanId);
      const end = event('signalbox.step.succeeded', 9, { agent: 'a', durationMs: 5 }, place);
      expect(only(end).parentSpanId).toBe(only(wait).spanId);
    }
  });

  test('begins with the request that brought its event', () => {
    const message = event('user.message.received', 5, {});
    const outside = { ...message, origin: message.id };
    const [request, published] = spansOf(outside, CONTEXT);
    expect(request).toMatchObject({ component: 'api', name: 'POST /events', parentSpanId: CALLER });
    expect(published).toMatchObject({ component: 'kinesis', parentSpanId: request?.spanId });
  });

  test('ends with a run that no state machine ran', () => {
    const end = event(
      'signalbox.run.succeeded',
      9,
      { durationMs: 9 },
      { source: 'signalbox/router' },
    );
    expect(only(end).component).toBe('router');
  });
});

describe('a trace', () => {
  test('begins with the request when its caller has none', () => {
    const own = event('signalbox.run.accepted', 0, accepted.data, {
      traceparent: traceparentOf('run-1'),
    });
    expect(only(own)).not.toHaveProperty('parentSpanId');
  });

  test('has nothing of an event without one, or of what no part of the platform did', () => {
    const { traceparent: _, ...without } = done;
    expect(spansOf(without, CONTEXT)).toEqual([]);
    const queued = event('signalbox.step.queued', 0, { agent: 'a', attempt: 1 }, step);
    expect(spansOf(queued, CONTEXT)).toEqual([]);
  });
});

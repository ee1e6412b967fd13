import { describe, expect, test } from 'vitest';
import type { Span } from '#runtime/contracts/span.ts';
import { otlpHeaders, otlpRequest } from '#runtime/core/export/otlp.ts';

const span: Span = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  component: 'model',
  name: 'chat claude',
  kind: 'client',
  startMs: 1_767_225_600_000,
  endMs: 1_767_225_600_250,
  attributes: { text: 'a', whole: 7, part: 0.25, yes: true },
};
const request = (spans: readonly Span[]) => JSON.parse(otlpRequest(spans, { stage: 'dev' }));

describe('otlpRequest', () => {
  test('writes ids as they are, times in nanoseconds, numbers as the protocol has them', () => {
    const [{ scopeSpans }] = request([span]).resourceSpans;
    expect(scopeSpans[0].spans[0]).toEqual({
      traceId: span.traceId,
      spanId: span.spanId,
      name: 'chat claude',
      kind: 3,
      startTimeUnixNano: '1767225600000000000',
      endTimeUnixNano: '1767225600250000000',
      attributes: [
        { key: 'text', value: { stringValue: 'a' } },
        { key: 'whole', value: { intValue: '7' } },
        { key: 'part', value: { doubleValue: 0.25 } },
        { key: 'yes', value: { boolValue: true } },
        { key: 'signalbox.component', value: { stringValue: 'model' } },
      ],
      status: { code: 0 },
    });
  });

  test('tells an error as status and type, cut to what people read', () => {
    const error = { type: 'TIMEOUT', message: 'x'.repeat(5000) };
    const [{ scopeSpans }] = request([{ ...span, parentSpanId: 'aa', error }]).resourceSpans;
    expect(scopeSpans[0].spans[0]).toMatchObject({
      parentSpanId: 'aa',
      status: { code: 2, message: 'x'.repeat(1000) },
    });
    expect(JSON.stringify(scopeSpans)).toContain(
      '{"key":"error.type","value":{"stringValue":"TIMEOUT"}}',
    );
  });

  test('has one resource for each part of the platform', () => {
    const spans = [span, { ...span, component: 'lambda' as const }, span];
    const names = request(spans).resourceSpans.map(
      ({ resource }: { resource: { attributes: { key: string; value: unknown }[] } }) =>
        resource.attributes.find(({ key }) => key === 'service.name')?.value,
    );
    expect(names).toEqual([
      { stringValue: 'signalbox-model' },
      { stringValue: 'signalbox-lambda' },
    ]);
  });
});

test('otlpHeaders reads what the environment variable spells', () => {
  expect(otlpHeaders('x-tenant=a%2C%20b%3Dc, authorization=Basic abc==')).toEqual({
    'x-tenant': 'a, b=c',
    authorization: 'Basic abc==',
  });
  expect(otlpHeaders('')).toEqual({});
});

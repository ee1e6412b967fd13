import { expect, test } from 'vitest';
import type { Span } from '#runtime/contracts/span.ts';
import type { SpanExporter } from '#runtime/ports.ts';

export interface ExporterSubject {
  readonly exporter: SpanExporter;
  /** Ids of all spans of a trace that the receiver has. */
  readonly received: (traceId: string) => Promise<readonly string[]>;
}

const spanOf = (traceId: string, i: number): Span => ({
  traceId,
  spanId: (i + 1).toString(16).padStart(16, '0'),
  component: 'lambda',
  name: `span ${i} ü`,
  kind: 'consumer',
  startMs: 1_767_225_600_000 + i,
  endMs: 1_767_225_600_500 + i,
  attributes: { text: 'Grüße', whole: 7, part: 0.25, yes: true },
  ...(i % 2 === 1 && { error: { type: 'TIMEOUT', message: 'too slow' } }),
});

/** What every SpanExporter does. */
export function testSpanExporter(subject: () => ExporterSubject): void {
  test.each([
    ['one', 1],
    ['more than one request carries', 1201],
  ])('hands over %s', async (_what, count) => {
    const traceId = count.toString(16).padStart(32, 'a');
    const spans = Array.from({ length: count }, (_, i) => spanOf(traceId, i));
    expect(await subject().exporter.export(spans)).toBeNull();
    const ids = new Set(spans.map(({ spanId }) => spanId));
    await expect.poll(async () => new Set(await subject().received(traceId))).toEqual(ids);
  });

  test('resolves for nothing', async () => {
    expect(await subject().exporter.export([])).toBeNull();
  });
}

/** In memory; the other half, before a real receiver, is in `test/integration/exporter.test.ts`. */
import { describe } from 'vitest';
import { MemorySpanExporter } from '#runtime/adapters/memory/span-exporter.ts';
import { testSpanExporter } from './span-exporter.suite.ts';

describe('SpanExporter in memory', () => {
  const exporter = new MemorySpanExporter();
  testSpanExporter(() => ({
    exporter,
    received: async (traceId) =>
      exporter.spans.filter((span) => span.traceId === traceId).map(({ spanId }) => spanId),
  }));
});

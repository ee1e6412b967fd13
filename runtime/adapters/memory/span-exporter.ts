import type { Span } from '#runtime/contracts/span.ts';
import type { SpanExporter } from '#runtime/ports.ts';

/** A receiver of traces in memory: what is sent again is there once. */
export class MemorySpanExporter implements SpanExporter {
  readonly #spans = new Map<string, Span>();

  async export(spans: readonly Span[]): Promise<null> {
    for (const span of spans) this.#spans.set(span.spanId, span);
    return null;
  }

  get spans(): readonly Span[] {
    return [...this.#spans.values()];
  }
}

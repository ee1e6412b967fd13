/**
 * The exporter: event stream → traces, metrics, and lifecycle events for the account's own targets.
 *
 * Job: hand on what `core/export` makes of events.
 * Boundary: a consumer of the event stream; where things go is the ports' business.
 *
 * Invariants
 * X1. A span is the same however often it is sent. A lifecycle event that is put again has the same id
 *     in its detail; a metric that is counted again is counted twice, so metrics come last.
 * X2. What a receiver of traces refuses for good holds nobody up: it is counted and logged, and a replay
 *     makes up for it.
 * X3. A replay sends spans; the past is not told again on the bus unless the replay has effects, and
 *     never counted again.
 */
import type { SignalboxEvent } from '../contracts/event.ts';
import { PLATFORM_NAMES } from '../contracts/names.ts';
import type { Span } from '../contracts/span.ts';
import { isLifecycle } from '../core/export/lifecycle.ts';
import { type ExportedMetric, metricsOf } from '../core/export/metrics-of.ts';
import type { ExportContext } from '../core/export/span-ids.ts';
import { spansOf } from '../core/export/spans-of.ts';
import type { LifecycleBus, SpanExporter, System } from '../ports.ts';
import type { Consumer } from './consume-events.ts';
import { Gathering } from './gathering.ts';
import type { Telemetry } from './telemetry.ts';

export interface ExportPorts {
  /** `null` where the stage's configuration names no receiver of traces. */
  readonly spans: SpanExporter | null;
  readonly lifecycle: LifecycleBus;
  readonly metrics: { add(metric: ExportedMetric): void };
  readonly system: System;
  readonly telemetry: Pick<Telemetry, 'count' | 'log'>;
}

/** All runs of a batch at once: what they send is gathered. */
const CONCURRENCY = 100;

export function exportEvents(ports: ExportPorts, context: ExportContext): Consumer {
  const spans = new Gathering<Span>(ports.system, (gathered) => sendSpans(ports, gathered));
  const lifecycle = new Gathering<SignalboxEvent>(ports.system, (gathered) =>
    ports.lifecycle.put(gathered),
  );
  return {
    name: PLATFORM_NAMES.exportEvents,
    concurrency: CONCURRENCY,
    handle: async (events, { replay }) => {
      if (ports.spans) await spans.add(events.flatMap((event) => spansOf(event, context)));
      if (!replay || replay.hasEffects) await lifecycle.add(events.filter(isLifecycle));
      if (!replay) for (const metric of events.flatMap(metricsOf)) ports.metrics.add(metric);
    },
  };
}

async function sendSpans(
  { spans: exporter, telemetry }: ExportPorts,
  spans: readonly Span[],
): Promise<void> {
  const refused = await exporter?.export(spans);
  if (!refused) return;
  telemetry.count('SpanExportsRejected');
  telemetry.log('error', 'the receiver of traces refused spans; they are not sent again', {
    ...refused,
  });
}

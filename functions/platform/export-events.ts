/** The exporter: event stream → traces, metrics, lifecycle events. */
import type { KinesisStreamBatchResponse, SQSBatchResponse } from 'aws-lambda';
import { eventBridgeClient } from '#runtime/adapters/eventbridge/client.ts';
import { EventBridgeLifecycleBus } from '#runtime/adapters/eventbridge/lifecycle-bus.ts';
import { OtlpSpanExporter } from '#runtime/adapters/otlp/span-exporter.ts';
import { ExporterEnvironmentSchema, readEnvironment } from '#runtime/contracts/environment.ts';
import { PLATFORM_NAMES } from '#runtime/contracts/names.ts';
import { modelProviderName } from '#runtime/core/export/call-spans.ts';
import { otlpHeaders } from '#runtime/core/export/otlp.ts';
import { type Batch, isOfStream } from '#runtime/lambda/batch-source.ts';
import { composeConsumer } from '#runtime/lambda/compose-consumer.ts';
import { consumeBatch } from '#runtime/lambda/consume-events.ts';
import { exportEvents } from '#runtime/lambda/export-events.ts';
import { ExportedMetrics } from '#runtime/lambda/exported-metrics.ts';
import { lateReplayOrders } from '#runtime/lambda/late-replay-orders.ts';

const env = readEnvironment(ExporterEnvironmentSchema, process.env);
const ports = composeConsumer(PLATFORM_NAMES.exportEvents, env);
const { system, telemetry } = ports;
const stage = env.STAGE;
const metrics = new ExportedMetrics(stage);
const endpoint = env.OTEL_EXPORTER_OTLP_ENDPOINT;
const headers = otlpHeaders(env.OTEL_EXPORTER_OTLP_HEADERS ?? '');

const consumer = exportEvents(
  {
    spans: endpoint === undefined ? null : new OtlpSpanExporter({ endpoint, headers, stage }),
    lifecycle: new EventBridgeLifecycleBus({
      client: eventBridgeClient(),
      busName: env.LIFECYCLE_BUS_NAME,
      system,
    }),
    metrics,
    system,
    telemetry,
  },
  { stage, modelProvider: modelProviderName(env.MODEL_PROVIDER) },
);

const takeReplayOrders = lateReplayOrders(ports, consumer, env);

const take = (event: Batch): Promise<KinesisStreamBatchResponse | SQSBatchResponse> =>
  isOfStream(event) ? consumeBatch(ports, consumer, event) : takeReplayOrders(event);

export const handler: typeof take = (event) => take(event).finally(() => metrics.flush());

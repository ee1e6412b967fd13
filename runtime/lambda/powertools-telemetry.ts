import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Telemetry } from './telemetry.ts';

const NAMESPACE = 'Signalbox';

/** Telemetry as structured log lines and embedded metrics (EMF), both on standard output. */
export function powertoolsTelemetry(service: string, stage: string): Telemetry {
  const logger = new Logger({ serviceName: service, persistentKeys: { stage } });
  const metrics = new Metrics({
    namespace: NAMESPACE,
    serviceName: service,
    defaultDimensions: { stage },
  });
  return {
    log: (level, message, fields) => logger[level](message, fields ?? {}),
    count: (metric) => metrics.addMetric(metric, MetricUnit.Count, 1),
    measure: (metric, milliseconds) =>
      metrics.addMetric(metric, MetricUnit.Milliseconds, milliseconds),
    flush: () => {
      // Powertools warns of an invocation that has measured nothing, which is no mistake here.
      if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
    },
  };
}

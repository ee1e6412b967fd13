import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { ExportedMetric } from '../core/export/metrics-of.ts';

const NAMESPACE = 'Signalbox/Runs';

/** Metrics of what the events tell, as embedded metrics (EMF) on standard output. */
export class ExportedMetrics {
  readonly #stage: string;
  readonly #waiting: ExportedMetric[] = [];

  constructor(stage: string) {
    this.#stage = stage;
  }

  add(metric: ExportedMetric): void {
    this.#waiting.push(metric);
  }

  /** Writes what was added, one line for each set of dimensions. */
  flush(): void {
    const added = this.#waiting.splice(0);
    for (const [dimensions, own] of Map.groupBy(added, (metric) => textOf(metric.dimensions))) {
      const metrics = new Metrics({
        namespace: NAMESPACE,
        defaultDimensions: { stage: this.#stage, ...JSON.parse(dimensions) },
      });
      for (const { name, unit, value } of own) metrics.addMetric(name, MetricUnit[unit], value);
      metrics.publishStoredMetrics();
    }
  }
}

const textOf = (dimensions: ExportedMetric['dimensions']): string => JSON.stringify(dimensions);

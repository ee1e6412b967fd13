import type { SignalboxEvent } from '../../contracts/event.ts';
import { recognize } from '../platform-event.ts';

/** One value of a metric. Dimensions are few and never a run, so that their number stays bounded. */
export interface ExportedMetric {
  readonly name:
    | 'RunsEnded'
    | 'StepDuration'
    | 'InputTokens'
    | 'OutputTokens'
    | 'UsdSpent'
    | 'CallsFailed';
  readonly unit: 'Count' | 'Milliseconds' | 'NoUnit';
  readonly value: number;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** What an event adds to the stage's metrics. */
export function metricsOf(event: SignalboxEvent): readonly ExportedMetric[] {
  const recognized = recognize(event);
  if (recognized.kind !== 'platform') return [];
  const { type, data, workflow } = recognized.event;
  switch (type) {
    case 'signalbox.run.succeeded':
    case 'signalbox.run.failed':
    case 'signalbox.run.expired':
    case 'signalbox.run.stopped':
      return [count('RunsEnded', 1, { workflow, status: type.slice('signalbox.run.'.length) })];
    case 'signalbox.step.succeeded':
    case 'signalbox.step.retried':
    case 'signalbox.step.failed':
    case 'signalbox.step.expired':
    case 'signalbox.step.stopped': {
      const { agent, durationMs: value } = data;
      return [{ name: 'StepDuration', unit: 'Milliseconds', value, dimensions: { agent } }];
    }
    case 'signalbox.call.succeeded':
      return spent(data.model, data);
    case 'signalbox.call.failed':
      return [count('CallsFailed', 1, { code: data.code }), ...spent(undefined, data)];
    default:
      return [];
  }
}

type Spending = {
  readonly usage?: { readonly inputTokens: number; readonly outputTokens: number } | undefined;
  readonly usd?: number | undefined;
};

function spent(model = 'unknown', { usage, usd }: Spending): readonly ExportedMetric[] {
  const dimensions = { model };
  return [
    ...(usage
      ? [
          count('InputTokens', usage.inputTokens, dimensions),
          count('OutputTokens', usage.outputTokens, dimensions),
        ]
      : []),
    ...(usd === undefined
      ? []
      : [{ name: 'UsdSpent', unit: 'NoUnit', value: usd, dimensions } as const]),
  ];
}

const count = (
  name: ExportedMetric['name'],
  value: number,
  dimensions: ExportedMetric['dimensions'],
): ExportedMetric => ({ name, unit: 'Count', value, dimensions });

import { Duration } from 'aws-cdk-lib';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { Construct } from 'constructs';
import { replayQueue } from '#runtime/contracts/consumers.ts';
import type { ExporterEnvironment } from '#runtime/contracts/environment.ts';
import { PLATFORM_NAMES } from '#runtime/contracts/names.ts';
import type { StageConfig } from '../config.ts';
import { Deployment } from './deployment.ts';
import { LeanFunction } from './lean-function.ts';
import { acknowledgeArchive, replayPast } from './past-permissions.ts';
import { followStream, tellLifecycle } from './permissions.ts';
import { replayEnvironment } from './replays.ts';

/** Traces, metrics and lifecycle events of what the stream tells: the function, and the bus for the account's own rules. */
export class EventExporter extends Construct {
  readonly function: LeanFunction;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const deployment = Deployment.of(this);
    const { exportEvents, lifecycle } = PLATFORM_NAMES;
    const orders = replayQueue('exporter');
    const busName = deployment.name(lifecycle);
    new EventBus(this, 'Lifecycle', {
      eventBusName: busName,
      description: `Signalbox ${deployment.stage}: what happens to runs, approvals and dead letters`,
    });
    const environment = {
      ...replayEnvironment(deployment, orders),
      LIFECYCLE_BUS_NAME: busName,
      MODEL_PROVIDER: deployment.config.model.provider,
      ...receiverOf(deployment.config),
    } satisfies ExporterEnvironment;
    this.function = new LeanFunction(this, 'ExportEvents', {
      name: exportEvents,
      description: 'Signalbox: traces, metrics and lifecycle events of runs',
      timeout: Duration.seconds(60),
      environment,
      permissions: [
        ...followStream(deployment),
        ...replayPast(deployment, orders),
        tellLifecycle(deployment),
      ],
    });
    acknowledgeArchive(this.function.role, deployment);
  }
}

/** Under the names that OpenTelemetry gives them. */
const receiverOf = ({ telemetry: { otlpEndpoint, otlpHeaders } }: StageConfig) => ({
  ...(otlpEndpoint !== undefined && { OTEL_EXPORTER_OTLP_ENDPOINT: otlpEndpoint }),
  ...(otlpHeaders && {
    OTEL_EXPORTER_OTLP_HEADERS: Object.entries(otlpHeaders)
      .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
      .join(','),
  }),
});

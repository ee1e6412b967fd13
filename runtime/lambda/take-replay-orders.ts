/** What a consumer's replay queue tells it: work on a replay, or drain lanes. */
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { Consumer } from './consume-events.ts';
import { drainOpenLanes, type OpenLanePorts } from './drain-open-lanes.ts';
import { type ReplayPorts, replayEvents } from './replay-events.ts';
import { eachReplayMessage, type MessagePorts } from './replay-messages.ts';

export interface ReplayOrderPorts extends ReplayPorts, OpenLanePorts, MessagePorts {
  readonly system: MessagePorts['system'];
  readonly telemetry: MessagePorts['telemetry'];
}

export const takeReplayOrders = (
  ports: ReplayOrderPorts,
  consumer: Consumer,
  event: SQSEvent,
): Promise<SQSBatchResponse> =>
  eachReplayMessage(ports, event, (message, untilMs) =>
    message.kind === 'replay'
      ? replayEvents(ports, consumer, message.id, untilMs)
      : drainOpenLanes(ports, consumer, { run: message.run, untilMs }),
  );

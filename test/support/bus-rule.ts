/** A rule of the account's own on a bus, with a queue behind it: what a user of lifecycle events would have. */
import {
  type EventBridgeClient,
  PutRuleCommand,
  PutTargetsCommand,
} from '@aws-sdk/client-eventbridge';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';

/** An event as EventBridge hands it to a target. */
export interface BusEvent {
  readonly source: string;
  readonly 'detail-type': string;
  readonly detail: SignalboxEvent;
}

/** Gives everything that has come so far. */
export async function ruleOn(
  busName: string,
  name: string,
  { events, sqs }: { readonly events: EventBridgeClient; readonly sqs: SQSClient },
): Promise<() => Promise<readonly BusEvent[]>> {
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
  const { Attributes: attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
  );
  await events.send(
    new PutRuleCommand({
      Name: name,
      EventBusName: busName,
      EventPattern: JSON.stringify({ source: ['signalbox'] }),
    }),
  );
  await events.send(
    new PutTargetsCommand({
      Rule: name,
      EventBusName: busName,
      Targets: [{ Id: 'queue', Arn: attributes.QueueArn }],
    }),
  );
  const heard: BusEvent[] = [];
  return async () => {
    for (;;) {
      const { Messages: messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
      );
      if (messages.length === 0) return [...heard];
      for (const { Body: body = '', ReceiptHandle } of messages) {
        heard.push(JSON.parse(body));
        await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      }
    }
  };
}

import {
  CreateQueueCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { clientOptions, uniqueName } from './cloud.ts';

const AGENTS = ['do-one', 'do-other'] as const;

/** Queues of two agents under a prefix of their own, and their other side. */
export class CloudAgentQueues {
  readonly agents = AGENTS;
  readonly client: SQSClient;
  readonly #urls = new Map<string, string>();

  constructor(endpoint: string) {
    this.client = new SQSClient({ ...clientOptions(endpoint), useQueueUrlAsEndpoint: false });
  }

  /** What the agents' names follow in the URLs. */
  get urlPrefix(): string {
    const [one] = AGENTS;
    return this.url(one).slice(0, -one.length);
  }

  url(agent: string): string {
    return this.#urls.get(agent) ?? '';
  }

  async create(): Promise<void> {
    const prefix = `${uniqueName('queues')}-`;
    for (const agent of AGENTS) {
      const { QueueUrl: url = '' } = await this.client.send(
        new CreateQueueCommand({
          QueueName: `${prefix}${agent}`,
          Attributes: { VisibilityTimeout: '60' },
        }),
      );
      this.#urls.set(agent, url);
    }
  }

  /** @param max 1 to 10 */
  async receive(
    agent: string,
    max = 10,
  ): Promise<readonly { readonly receiptHandle: string; readonly body: string }[]> {
    const { Messages: messages = [] } = await this.client.send(
      new ReceiveMessageCommand({ QueueUrl: this.url(agent), MaxNumberOfMessages: max }),
    );
    return messages.map(({ ReceiptHandle: receiptHandle = '', Body: body = '' }) => ({
      receiptHandle,
      body,
    }));
  }

  async remove(agent: string, receiptHandle: string): Promise<void> {
    await this.client.send(
      new DeleteMessageCommand({ QueueUrl: this.url(agent), ReceiptHandle: receiptHandle }),
    );
  }

  async delete(): Promise<void> {
    for (const QueueUrl of this.#urls.values()) {
      await this.client.send(new DeleteQueueCommand({ QueueUrl }));
    }
    this.client.destroy();
  }
}

/**
 * Counts the API calls that the door makes, on memory adapters: one per call of a port, and of the stream
 * one per `PutRecords`, which gathers the events of all that is in flight.
 */
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { KinesisEventLog } from '#runtime/adapters/kinesis/event-log.ts';
import type { DoorPorts } from '#runtime/lambda/door-ports.ts';
import type { System } from '#runtime/ports.ts';

/** What one API call takes, in milliseconds: 3 to 8, in turns, as DynamoDB and SQS within a region do. */
const LATENCIES_MS = [3, 5, 4, 8, 6, 3, 7, 4];

export class CallCount {
  readonly #system: System;
  /** `steps.put` and the like. */
  readonly calls: string[] = [];

  constructor(system: System) {
    this.#system = system;
  }

  /** The same ports, each call counted and as long as on AWS. */
  ports(ports: DoorPorts): DoorPorts {
    return {
      ...ports,
      steps: this.#counted('steps', ports.steps),
      calls: this.#counted('calls', ports.calls),
      queue: this.#counted('queue', ports.queue),
      tasks: this.#counted('tasks', ports.tasks),
      quotas: this.#counted('quotas', ports.quotas),
      events: this.#stream(ports),
    };
  }

  #counted<P extends object>(port: string, target: P): P {
    return new Proxy(target, {
      get: (object, name) => {
        const method: unknown = Reflect.get(object, name);
        if (typeof method !== 'function') return method;
        return async (...args: unknown[]) => {
          await this.#call(`${port}.${String(name)}`);
          return method.apply(object, args);
        };
      },
    });
  }

  #stream({ events, system }: DoorPorts): KinesisEventLog {
    const client = new KinesisClient({ region: 'test' });
    client.middlewareStack.add(
      () => async (args) => {
        await this.#call('events.append');
        const { Records } = args.input as { Records: readonly { Data: Uint8Array }[] };
        await events.append(Records.map(({ Data }) => JSON.parse(Buffer.from(Data).toString())));
        return {
          response: {},
          output: { $metadata: {}, Records: Records.map(() => ({ SequenceNumber: '1' })) },
        };
      },
      { step: 'initialize' },
    );
    return new KinesisEventLog({ client, streamName: 'events', system });
  }

  async #call(name: string): Promise<void> {
    const latencyMs = LATENCIES_MS[this.calls.length % LATENCIES_MS.length] ?? 0;
    this.calls.push(name);
    await this.#system.sleep(latencyMs);
  }
}

/**
 * https://docs.aws.amazon.com/streams/latest/dev/kinesis-extended-retention.html: a record is there for
 * a day at least, whoever has read it. A local cloud may keep less of what was read, and must not
 * disturb those who read.
 */
import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  type KinesisClient,
  PutRecordsCommand,
} from '@aws-sdk/client-kinesis';
import { expect } from 'vitest';
import { contractTest } from './harness.ts';

const RECORDS = 15_000;
const PER_CALL = 500;

contractTest(
  'a mapping that lags behind thousands of records reads each of them once, and so does an iterator',
  async ({ clients, stream, lambdaFunction, mapping, journal, eventually }) => {
    const [events, notes] = await Promise.all([stream(), journal()]);
    const counting = await lambdaFunction(
      `import { setTimeout as sleep } from 'node:timers/promises';
       import { note } from 'contract:journal';
       export const handler = async ({ Records }) => {
         if (Records.some(({ kinesis }) => kinesis.data === 'MA==')) await sleep(3_000);
         await note(Records.length);
       };`,
      { environment: notes.environment },
    );
    await mapping(events.arn, counting, { StartingPosition: 'TRIM_HORIZON', BatchSize: 1_000 });
    const reader = new Reader(clients.kinesis, events.name);
    await reader.open();
    for (let first = 0; first < RECORDS; first += PER_CALL) {
      let numbers = Array.from({ length: PER_CALL }, (_, index) => first + index);
      await eventually(async () => {
        numbers = await put(clients.kinesis, events.name, numbers);
        return numbers.length === 0;
      }, 'room in the shard');
      await reader.read();
    }
    await eventually(async () => {
      await reader.read();
      return reader.numbers.length >= RECORDS;
    }, 'last record by the iterator');
    expect(reader.numbers).toHaveLength(RECORDS);
    expect(new Set(reader.numbers).size).toBe(RECORDS);
    const counts = async () => (await notes.entries<number>()).map(({ entry }) => entry);
    const sum = await eventually(async () => {
      const read = (await counts()).reduce((all, count) => all + count, 0);
      return read >= RECORDS && read;
    }, 'last record by the mapping');
    expect(sum).toBe(RECORDS);
  },
);

/** Reads the one shard of a stream from its beginning on. */
class Reader {
  readonly #kinesis: KinesisClient;
  readonly #stream: string;
  #iterator: string | undefined;
  readonly numbers: number[] = [];
  constructor(kinesis: KinesisClient, stream: string) {
    this.#kinesis = kinesis;
    this.#stream = stream;
  }

  async open(): Promise<void> {
    const { ShardIterator: iterator } = await this.#kinesis.send(
      new GetShardIteratorCommand({
        StreamName: this.#stream,
        ShardId: 'shardId-000000000000',
        ShardIteratorType: 'TRIM_HORIZON',
      }),
    );
    this.#iterator = iterator;
  }

  async read(): Promise<void> {
    const { Records: records = [], NextShardIterator: next } = await this.#kinesis.send(
      new GetRecordsCommand({ ShardIterator: this.#iterator }),
    );
    this.#iterator = next;
    this.numbers.push(...records.map(({ Data: data }) => Number(Buffer.from(data ?? []))));
  }
}

/** @returns those that the shard had no room for */
async function put(
  kinesis: KinesisClient,
  stream: string,
  numbers: readonly number[],
): Promise<number[]> {
  const { Records: results = [] } = await kinesis.send(
    new PutRecordsCommand({
      StreamName: stream,
      Records: numbers.map((number) => ({ PartitionKey: 'a', Data: Buffer.from(String(number)) })),
    }),
  );
  return numbers.filter((_, index) => results[index]?.ErrorCode !== undefined);
}

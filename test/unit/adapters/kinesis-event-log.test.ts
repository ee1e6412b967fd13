import { KinesisClient } from '@aws-sdk/client-kinesis';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KinesisEventLog } from '#runtime/adapters/kinesis/event-log.ts';
import { VirtualSystem } from '#runtime/adapters/memory/virtual-system.ts';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import { sampleEvent, textOf } from '../../conformance/samples.ts';
import { type FakeAnswer, fakeAws, hastySystem } from '../../support/fake-aws.ts';

interface PutRecords {
  readonly Records: readonly { readonly Data: string; readonly PartitionKey: string }[];
}

const TAKEN = { SequenceNumber: '1', ShardId: 'shard-0' };
const REFUSED = { ErrorCode: 'ProvisionedThroughputExceededException', ErrorMessage: 'slow down' };

const eventIn = ({ Data: data }: PutRecords['Records'][number]): SignalboxEvent =>
  JSON.parse(Buffer.from(data, 'base64').toString());

/** A log on a stream that takes a record or not, as `takes` says; `taken` is what it took, in order. */
function logOn(takes: (event: SignalboxEvent, call: number) => boolean) {
  const taken: SignalboxEvent[] = [];
  let call = 0;
  const stream = streamThat((request) => {
    call += 1;
    const records = request.Records.map((record) => {
      const event = eventIn(record);
      if (!takes(event, call)) return REFUSED;
      taken.push(event);
      return TAKEN;
    });
    return { body: { FailedRecordCount: 0, Records: records } };
  });
  return { ...stream, taken };
}

function streamThat(answer: (request: PutRecords) => FakeAnswer) {
  const { options, requests } = fakeAws(answer);
  const system = hastySystem();
  const log = new KinesisEventLog({
    client: new KinesisClient(options),
    streamName: 'events',
    system,
  });
  const sizes = () => requests.map((request) => request.Records.length);
  return { log, system, requests, sizes };
}

/** A log on a stream that takes everything in no time: when it was called, with how many. */
function gathering(system: VirtualSystem) {
  const sent: { readonly atMs: number; readonly size: number }[] = [];
  const client = new KinesisClient({ region: 'test' });
  client.middlewareStack.add(
    () => async (args) => {
      const { Records } = args.input as PutRecords;
      sent.push({ atMs: system.now(), size: Records.length });
      return { response: {}, output: { $metadata: {}, Records: Records.map(() => TAKEN) } };
    },
    { step: 'initialize' },
  );
  return { sent, log: new KinesisEventLog({ client, streamName: 'events', system }) };
}

const eventsOf = (run: string, count: number) =>
  Array.from({ length: count }, (_, n) => sampleEvent(run, n));

describe('KinesisEventLog.append', () => {
  test.each([
    { what: 'at once', atMs: [0, 0], calls: [{ atMs: 20, size: 2 }] },
    { what: 'less than 20 ms apart', atMs: [0, 19, 35], calls: [{ atMs: 55, size: 3 }] },
    {
      what: 'more than 20 ms apart',
      atMs: [0, 30],
      calls: [
        { atMs: 20, size: 1 },
        { atMs: 50, size: 1 },
      ],
    },
    {
      what: 'without end',
      atMs: [0, 15, 30, 45, 61, 62],
      calls: [
        { atMs: 60, size: 4 },
        { atMs: 82, size: 2 },
      ],
    },
  ])('sends together what comes $what', async ({ atMs, calls }) => {
    const system = new VirtualSystem({ startMs: 0 });
    const { log, sent } = gathering(system);
    const appends: Promise<void>[] = [];
    for (const [n, at] of atMs.entries()) {
      await system.advance(at - system.now());
      appends.push(log.append([sampleEvent('a', n)]));
    }
    await system.run(Promise.all(appends));
    expect(sent).toEqual(calls);
  });

  test('uses the run as partition key', async () => {
    const { log, requests } = logOn(() => true);
    await log.append([sampleEvent('a', 1), sampleEvent('b', 1)]);
    expect(requests[0]?.Records.map((record) => record.PartitionKey)).toEqual(['a', 'b']);
  });

  test('sends at most 500 records in a call', async () => {
    const { log, sizes } = logOn(() => true);
    await log.append(eventsOf('a', 1200));
    expect(sizes()).toEqual([500, 500, 200]);
  });

  test('sends at most 5 MiB in a call', async () => {
    const { log, sizes } = logOn(() => true);
    const data = textOf(380 * 1024);
    await log.append(Array.from({ length: 20 }, (_, n) => sampleEvent('a', n, { data })));
    expect(sizes()).toEqual([13, 7]);
  });
});

describe('KinesisEventLog.append, refused', () => {
  test('sends only the refused entries again, and resolves when all are taken (R4)', async () => {
    const { log, sizes, taken, system } = logOn(
      ({ ordinal }, call) => call > 2 || ordinal % 2 === 0,
    );
    await log.append(eventsOf('a', 6));
    expect(sizes()).toEqual([6, 3, 3]);
    expect(taken).toHaveLength(6);
    expect(system.slept).toEqual([20, 49, 99]);
  });

  test('sends refused entries before those that came later', async () => {
    const { log, requests } = logOn((_, call) => call > 1);
    const first = log.append(eventsOf('a', 500));
    const second = log.append(eventsOf('b', 1));
    await Promise.all([first, second]);
    expect(requests[1]?.Records[0]?.PartitionKey).toBe('a');
    expect(requests.at(-1)?.Records.at(-1)?.PartitionKey).toBe('b');
  });

  test('rejects after six tries, for the append that the refused event belongs to and no other', async () => {
    const { log, sizes, taken } = logOn(({ run }) => run !== 'refused');
    const [refused, other] = await Promise.allSettled([
      log.append(eventsOf('refused', 2)),
      log.append(eventsOf('other', 2)),
    ]);
    expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'THROTTLED' } });
    expect(other.status).toBe('fulfilled');
    expect(sizes()).toEqual([4, 2, 2, 2, 2, 2]);
    expect(taken.map(({ run }) => run)).toEqual(['other', 'other']);
  });

  test('takes a call that was throttled as a whole for refused entries', async () => {
    let busy = 2;
    const { log, sizes } = streamThat(({ Records: records }) => {
      busy -= 1;
      return busy >= 0
        ? { error: 'KMSThrottlingException' }
        : { body: { FailedRecordCount: 0, Records: records.map(() => TAKEN) } };
    });
    await log.append(eventsOf('a', 2));
    expect(sizes()).toEqual([2, 2, 2]);
  });

  test('rejects at once when the stream is gone, and works again when it is back', async () => {
    let isGone = true;
    const { log } = streamThat(({ Records: records }) =>
      isGone
        ? { error: 'ResourceNotFoundException' }
        : { body: { FailedRecordCount: 0, Records: records.map(() => TAKEN) } },
    );
    const append = log.append(eventsOf('a', 2));
    await expect(append).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    isGone = false;
    expect(await log.append(eventsOf('a', 2))).toBeUndefined();
  });

  test('has each event in the stream for every append that resolves, whatever is refused (R4)', async () => {
    const appends = fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 6 });
    const refusals = fc.infiniteStream(fc.integer({ min: 0, max: 2 }));
    await fc.assert(
      fc.asyncProperty(appends, refusals, async (counts, chance) => {
        const { log, taken } = logOn(() => chance.next().value !== 0);
        const batches = counts.map((count, i) => eventsOf(`run-${i}`, count));
        const settled = await Promise.allSettled(batches.map((events) => log.append(events)));
        for (const [i, { status }] of settled.entries()) {
          const inStream = taken.filter(({ run }) => run === `run-${i}`);
          const wanted = batches[i] ?? [];
          if (status === 'fulfilled') {
            expect(inStream.toSorted((a, b) => a.ordinal - b.ordinal)).toEqual(wanted);
          } else expect(inStream.length).toBeLessThan(wanted.length);
        }
      }),
      { numRuns: 40 },
    );
  });
});

import { KinesisClient } from '@aws-sdk/client-kinesis';
import { describe, expect, it } from 'vitest';
import { KinesisEventLog } from '#runtime/adapters/kinesis/event-log.ts';
import { MemoryEventLog } from '#runtime/adapters/memory/event-log.ts';
import { MemoryOutbox } from '#runtime/adapters/memory/outbox.ts';
import { VirtualSystem } from '#runtime/adapters/memory/virtual-system.ts';
import { EventJournal } from '#runtime/lambda/event-journal.ts';
import { relayOutbox } from '#runtime/lambda/relay-outbox.ts';
import { SendTogether } from '#runtime/lambda/send-together.ts';
import { StreamOrOutbox } from '#runtime/lambda/stream-or-outbox.ts';
import { SILENT } from '#runtime/lambda/telemetry.ts';
import type { EventLog, Outbox } from '#runtime/ports.ts';
import { sampleEvent } from '../../conformance/samples.ts';
import { fakeAws, hastySystem } from '../../support/fake-aws.ts';

const RUN = 'r'.repeat(26);
const HOUR_MS = 3_600_000;

/** A stream and an outbox, each of which can be away, behind event logs as processes have them. */
function world() {
  const system = new VirtualSystem();
  const [stream, outbox] = [new MemoryEventLog(), new MemoryOutbox()];
  const away = { stream: false, outbox: false };
  let asked = 0;
  const unsteadyStream: EventLog = {
    append: async (events) => {
      asked += 1;
      if (away.stream) throw new RangeError('the stream is away');
      await stream.append(events);
    },
  };
  const unsteadyOutbox: Outbox = {
    put: async (events) => {
      if (away.outbox) throw new RangeError('the outbox is away');
      await outbox.put(events);
    },
    oldest: (limit) => outbox.oldest(limit),
    remove: (events) => outbox.remove(events),
  };
  const logged: string[] = [];
  const telemetry = { log: (_: string, text: string) => void logged.push(text) };
  const relay = (untilMs = system.now() + 1000) =>
    relayOutbox({ stream: unsteadyStream, outbox: unsteadyOutbox, system }, untilMs);
  return {
    system,
    stream,
    outbox,
    away,
    logged,
    relay,
    asked: () => asked,
    process: () =>
      new StreamOrOutbox({ stream: unsteadyStream, outbox: unsteadyOutbox, system, telemetry }),
  };
}

describe('StreamOrOutbox', () => {
  it('R4: puts events into the stream, and nothing into the outbox, while all is well', async () => {
    const { process, stream, outbox } = world();
    await process().append([sampleEvent(RUN, 1)]);
    expect(stream.events).toEqual([sampleEvent(RUN, 1)]);
    expect(outbox.events).toEqual([]);
  });

  it('R4: resolves when the outbox has what the stream did not take', async () => {
    const { process, away, outbox } = world();
    away.stream = true;
    const events = [sampleEvent(RUN, 1), sampleEvent(RUN, 2)];
    await process().append(events);
    expect(await outbox.oldest(10)).toEqual(events);
  });

  it('R4: rejects only when both refuse, and keeps nothing back from a repeat', async () => {
    const { process, away, outbox } = world();
    const log = process();
    away.stream = true;
    away.outbox = true;
    await expect(log.append([sampleEvent(RUN, 1)])).rejects.toThrow('away');
    away.outbox = false;
    await log.append([sampleEvent(RUN, 1)]);
    expect(outbox.events).toEqual([sampleEvent(RUN, 1)]);
  });

  it('R4: asks a stream that is taken to be away when the outbox refuses', async () => {
    const { process, away, stream } = world();
    const log = process();
    away.stream = true;
    await log.append([sampleEvent(RUN, 1)]);
    away.stream = false;
    away.outbox = true;
    await log.append([sampleEvent(RUN, 2)]);
    expect(stream.events).toEqual([sampleEvent(RUN, 2)]);
  });

  it('has nothing to do for no events, even while the stream is away', async () => {
    const { process, away, asked } = world();
    away.stream = true;
    away.outbox = true;
    await process().append([]);
    expect(asked()).toBe(0);
  });
});

describe('S1: a stream that is away', () => {
  it('is asked again after 10 s, and not before', async () => {
    const { process, away, system, asked, stream, outbox } = world();
    const log = process();
    away.stream = true;
    await log.append([sampleEvent(RUN, 1)]);
    away.stream = false;
    await system.advance(9_999);
    await log.append([sampleEvent(RUN, 2)]);
    expect(asked()).toBe(1);
    expect(outbox.events).toHaveLength(2);
    await system.advance(1);
    await log.append([sampleEvent(RUN, 3)]);
    expect(stream.events).toEqual([sampleEvent(RUN, 3)]);
  });

  it('is asked once in 10 s and process during an hour, however much there is to tell', async () => {
    const { process, away, system, asked, outbox } = world();
    const log = process();
    away.stream = true;
    for (let second = 0; second < 3600; second += 1) {
      await log.append([sampleEvent(RUN, second)]);
      await system.advance(1000);
    }
    expect(asked()).toBe(360);
    expect(outbox.events).toHaveLength(3600);
  });

  it('is known to be away by the process that has asked, and by no other', async () => {
    const { process, away, asked } = world();
    away.stream = true;
    await process().append([sampleEvent(RUN, 1)]);
    await process().append([sampleEvent(RUN, 2)]);
    expect(asked()).toBe(2);
  });

  it('is not known to be away by a clock that was set back', async () => {
    const { away, stream, outbox, logged } = world();
    const clock = { nowMs: 1_000_000 };
    const log = new StreamOrOutbox({
      stream: {
        append: async (events) => {
          if (away.stream) throw new RangeError('away');
          await stream.append(events);
        },
      },
      outbox,
      system: { now: () => clock.nowMs },
      telemetry: { log: (_, text) => void logged.push(text) },
    });
    away.stream = true;
    await log.append([sampleEvent(RUN, 1)]);
    away.stream = false;
    clock.nowMs = 10;
    await log.append([sampleEvent(RUN, 2)]);
    expect(stream.events).toEqual([sampleEvent(RUN, 2)]);
  });

  it('is logged when it was asked, not with every event', async () => {
    const { process, away, logged } = world();
    const log = process();
    away.stream = true;
    for (let n = 0; n < 5; n += 1) await log.append([sampleEvent(RUN, n)]);
    expect(logged).toHaveLength(1);
  });
});

describe('S2: an event that no stream can take', () => {
  it.each([
    ['too large', sampleEvent(RUN, 2, { data: 'x'.repeat(400 * 1024) }), 'TOO_LARGE'],
    ['no JSON', sampleEvent(RUN, 2, { data: new Date(0) }), 'NOT_JSON'],
  ])(
    'is refused with all of its append, kept nowhere, and says nothing about the stream: %s',
    async (_, bad, code) => {
      const { process, stream, outbox } = world();
      const log = process();
      await expect(log.append([sampleEvent(RUN, 1), bad])).rejects.toMatchObject({ code });
      expect([stream.events, outbox.events]).toEqual([[], []]);
      await log.append([sampleEvent(RUN, 3)]);
      expect(stream.events).toEqual([sampleEvent(RUN, 3)]);
    },
  );

  it('is refused by the outbox alike', async () => {
    const { process, away, outbox } = world();
    const log = process();
    away.stream = true;
    await log.append([sampleEvent(RUN, 1)]);
    const bad = sampleEvent(RUN, 2, { data: new Date(0) });
    await expect(log.append([bad])).rejects.toMatchObject({ code: 'NOT_JSON' });
    expect(outbox.events).toEqual([sampleEvent(RUN, 1)]);
  });
});

describe('the journal of an attempt', () => {
  it('R4: has told what the outbox keeps: it does not go with the outcome again', async () => {
    const { process, away, system, outbox } = world();
    away.stream = true;
    const sending = new SendTogether(system);
    const journal = new EventJournal({ events: process(), sending, telemetry: SILENT });
    journal.add(sampleEvent(RUN, 1));
    await system.advance(300);
    expect(outbox.events).toEqual([sampleEvent(RUN, 1)]);
    expect(journal.close()).toEqual([]);
  });
});

describe('relayOutbox', () => {
  it('R4: after an hour without a stream, brings every event into it once, id and content unchanged, each run in its order', async () => {
    const { process, away, system, stream, outbox, relay } = world();
    const log = process();
    const runs = ['a', 'b', 'c'].map((letter) => letter.repeat(26));
    const told = (run: string) => Array.from({ length: 360 }, (_, n) => sampleEvent(run, n));
    away.stream = true;
    for (let n = 0; n < 360; n += 1) {
      await log.append(runs.map((run) => sampleEvent(run, n)));
      await system.advance(HOUR_MS / 360);
    }
    expect(stream.events).toEqual([]);
    away.stream = false;
    expect(await relay()).toBe(3 * 360);
    for (const run of runs) {
      expect(stream.events.filter((event) => event.run === run)).toEqual(told(run));
    }
    expect(outbox.events).toEqual([]);
  });

  it('R4: keeps what the stream does not take, and throws', async () => {
    const { process, away, outbox, relay } = world();
    away.stream = true;
    await process().append([sampleEvent(RUN, 1)]);
    await expect(relay()).rejects.toThrow('away');
    expect(outbox.events).toEqual([sampleEvent(RUN, 1)]);
  });

  it('R4: sends again what a crash left between the stream and the outbox', async () => {
    const { process, away, stream, outbox, system } = world();
    away.stream = true;
    await process().append([sampleEvent(RUN, 1)]);
    const dying: Outbox = {
      put: (events) => outbox.put(events),
      oldest: (limit) => outbox.oldest(limit),
      remove: () => Promise.reject(new RangeError('crashed')),
    };
    const untilMs = system.now() + 1000;
    await expect(relayOutbox({ stream, outbox: dying, system }, untilMs)).rejects.toThrow();
    await relayOutbox({ stream, outbox, system }, untilMs);
    expect(stream.events).toEqual([sampleEvent(RUN, 1), sampleEvent(RUN, 1)]);
    expect(outbox.events).toEqual([]);
  });

  it('begins no round when its time is up', async () => {
    const { process, away, system, outbox, relay, asked } = world();
    away.stream = true;
    await process().append([sampleEvent(RUN, 1)]);
    const before = asked();
    expect(await relay(system.now())).toBe(0);
    expect(asked()).toBe(before);
    expect(outbox.events).toHaveLength(1);
  });
});

describe('relayOutbox, while the stream takes a part', () => {
  it('R8: gets everything else out when the stream refuses one event, again and again', async () => {
    const { system, stream, outbox } = world();
    const told = Array.from({ length: 300 }, (_, n) => sampleEvent(RUN, n));
    await outbox.put(told);
    const picky: EventLog = {
      append: async (events) => {
        if (events.some(({ id }) => id === told[7]?.id)) throw new RangeError('not this one');
        await stream.append(events);
      },
    };
    await expect(
      relayOutbox({ stream: picky, outbox, system }, system.now() + 1000),
    ).rejects.toThrow('not this one');
    expect(outbox.events).toEqual([told[7]]);
    expect(stream.events).toEqual(told.filter((_, n) => n !== 7));
  });

  it('R4: empties an outbox whose oldest events are more than a shard takes while they are sent again', async () => {
    const { system, outbox } = world();
    const told = Array.from({ length: 300 }, (_, n) =>
      sampleEvent(RUN, n, { data: { text: 'x'.repeat(64 * 1024) } }),
    );
    await outbox.put(told);
    // About a megabyte of each call.
    const { options } = fakeAws(({ Records }: { readonly Records: readonly unknown[] }) => ({
      body: {
        FailedRecordCount: Math.max(0, Records.length - 15),
        Records: Records.map((_, n) =>
          n < 15
            ? { SequenceNumber: '1' }
            : { ErrorCode: 'ProvisionedThroughputExceededException' },
        ),
      },
    }));
    const log = new KinesisEventLog({
      client: new KinesisClient(options),
      streamName: 'events',
      system: hastySystem(),
    });
    const relayed = relayOutbox({ stream: log, outbox, system }, system.now() + 1000);
    expect(await relayed).toBe(300);
    expect(outbox.events).toEqual([]);
  });
});

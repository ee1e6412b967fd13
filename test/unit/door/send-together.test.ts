import { describe, expect, test } from 'vitest';
import { VirtualSystem } from '#runtime/adapters/memory/virtual-system.ts';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import { EventJournal } from '#runtime/lambda/event-journal.ts';
import { SendTogether } from '#runtime/lambda/send-together.ts';
import { SILENT } from '#runtime/lambda/telemetry.ts';
import { sampleEvent } from '../../conformance/samples.ts';

describe('SendTogether', () => {
  test('calls all at the moment of the first', async () => {
    const { system, sending, calls, caller } = world();
    sending.within(100, caller('slow'));
    await system.advance(30);
    sending.within(20, caller('quick'));
    await system.advance(500);
    expect(calls).toEqual([
      { who: 'slow', atMs: 50 },
      { who: 'quick', atMs: 50 },
    ]);
  });

  test('calls at once when somebody sends, and not again', async () => {
    const { system, sending, calls, caller } = world();
    sending.within(100, caller('one'));
    sending.now();
    await system.advance(500);
    expect(calls).toEqual([{ who: 'one', atMs: 0 }]);
  });

  test('begins anew after it has called', async () => {
    const { system, sending, calls, caller } = world();
    const one = caller('one');
    sending.within(10, one);
    await system.advance(10);
    sending.within(100, one);
    await system.advance(500);
    expect(calls.map(({ atMs }) => atMs)).toEqual([10, 110]);
  });

  test('does not call who has withdrawn, and still calls the others', async () => {
    const { system, sending, calls, caller } = world();
    const [one, other] = [caller('one'), caller('other')];
    sending.within(10, one);
    sending.within(100, other);
    sending.withdraw(one);
    await system.advance(500);
    expect(calls.map(({ who }) => who)).toEqual(['other']);
  });
});

describe('the journals of an invocation', () => {
  const PLATFORM = 'signalbox.call.started';

  test.each([
    { type: PLATFORM, waitMs: 250 },
    { type: 'signalbox.output.partial', waitMs: 20 },
    { type: 'room.booked', waitMs: 20 },
  ])('send $type within $waitMs ms', async ({ type, waitMs }) => {
    const { system, journal, appends } = world();
    journal().add(sampleEvent('a', 1, { type }));
    await system.advance(waitMs - 1);
    expect(appends).toEqual([]);
    await system.advance(1);
    expect(appends).toEqual([{ types: [type], atMs: waitMs }]);
  });

  test('send what waits together with what cannot wait', async () => {
    const { system, journal, appends } = world();
    journal().add(sampleEvent('a', 1, { type: PLATFORM }));
    await system.advance(100);
    journal().add(sampleEvent('b', 1, { type: 'room.booked' }));
    await system.advance(500);
    expect(appends).toEqual([
      { types: [PLATFORM], atMs: 120 },
      { types: ['room.booked'], atMs: 120 },
    ]);
  });

  test('send nothing of a step that ends before: it goes with the outcome', async () => {
    const { system, journal, appends } = world();
    const one = journal();
    const event = sampleEvent('a', 1, { type: PLATFORM });
    one.add(event);
    await system.advance(200);
    expect(one.close()).toEqual([event]);
    await system.advance(500);
    expect(appends).toEqual([]);
  });
});

function world() {
  const system = new VirtualSystem({ startMs: 0 });
  const sending = new SendTogether(system);
  const calls: { readonly who: string; readonly atMs: number }[] = [];
  const appends: { readonly types: readonly string[]; readonly atMs: number }[] = [];
  const append = async (events: readonly SignalboxEvent[]): Promise<void> => {
    appends.push({ types: events.map(({ type }) => type), atMs: system.now() });
  };
  return {
    system,
    sending,
    calls,
    appends,
    caller: (who: string) => () => void calls.push({ who, atMs: system.now() }),
    journal: () => new EventJournal({ events: { append }, sending, telemetry: SILENT }),
  };
}

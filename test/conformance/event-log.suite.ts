import { describe, expect, test } from 'vitest';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import type { EventLog } from '#runtime/ports.ts';
import { AWKWARD_JSON, newRun, sampleEvent, textOf } from './samples.ts';

/** What every EventLog does; `eventsOf` reads a run's events in the order of the stream. */
export function testEventLog(
  subject: () => {
    readonly log: EventLog;
    readonly eventsOf: (run: string) => Promise<readonly SignalboxEvent[]>;
  },
): void {
  const sampleEvents = (run: string, count: number) =>
    Array.from({ length: count }, (_, n) => sampleEvent(run, n));

  describe('append', () => {
    test('has every event in the stream when it resolves (R4)', async () => {
      const run = newRun();
      const event = sampleEvent(run, 1, { data: AWKWARD_JSON });
      await subject().log.append([event]);
      expect(await subject().eventsOf(run)).toEqual([event]);
    });

    test('keeps the order of a run within one append and from one to the next', async () => {
      const run = newRun();
      const events = sampleEvents(run, 30);
      await subject().log.append(events.slice(0, 20));
      await subject().log.append(events.slice(20));
      expect(await subject().eventsOf(run)).toEqual(events);
    });

    test('keeps the order of each run among appends at once', async () => {
      const runs = [newRun(), newRun(), newRun()];
      await Promise.all(
        runs.flatMap((run) => {
          const events = sampleEvents(run, 10);
          return [subject().log.append(events.slice(0, 5)), subject().log.append(events.slice(5))];
        }),
      );
      for (const run of runs) expect(await subject().eventsOf(run)).toEqual(sampleEvents(run, 10));
    });

    test('keeps a duplicate: same id, same content', async () => {
      const run = newRun();
      const event = sampleEvent(run, 1);
      await subject().log.append([event]);
      await subject().log.append([event]);
      expect(await subject().eventsOf(run)).toEqual([event, event]);
    });

    test('takes more events than one call of the stream holds', async () => {
      const run = newRun();
      const events = sampleEvents(run, 700);
      await subject().log.append(events);
      expect(await subject().eventsOf(run)).toEqual(events);
    });

    test('takes more bytes than one call of the stream holds', async () => {
      const run = newRun();
      const data = textOf(390 * 1024);
      const events = Array.from({ length: 16 }, (_, n) => sampleEvent(run, n, { data }));
      await subject().log.append(events);
      expect(await subject().eventsOf(run)).toEqual(events);
    });

    test('resolves for nothing', async () => {
      expect(await subject().log.append([])).toBeUndefined();
    });

    test('takes none of the events when one is too large, not JSON, or of a run that is no key', async () => {
      const run = newRun();
      const bad = [
        [sampleEvent(run, 2, { data: textOf(400 * 1024) }), 'TOO_LARGE'],
        [sampleEvent(run, 2, { data: { at: new Date(0) } }), 'NOT_JSON'],
        [sampleEvent('', 2), 'PARTITION_KEY_INVALID'],
        [sampleEvent('r'.repeat(257), 2), 'PARTITION_KEY_INVALID'],
      ] as const;
      for (const [event, code] of bad) {
        const append = subject().log.append([sampleEvent(run, 1), event]);
        await expect(append).rejects.toMatchObject({ code });
      }
      expect(await subject().eventsOf(run)).toEqual([]);
    });
  });
}

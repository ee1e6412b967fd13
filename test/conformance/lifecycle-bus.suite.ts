import { expect, test } from 'vitest';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import type { LifecycleBus } from '#runtime/ports.ts';
import { accepted, told } from '../support/story.ts';

export interface BusSubject {
  readonly bus: LifecycleBus;
  /** Everything that a rule of the account's own has got, duplicates included. */
  readonly heard: () => Promise<readonly SignalboxEvent[]>;
}

/** What every LifecycleBus does. */
export function testLifecycleBus(subject: () => BusSubject): void {
  const heardOf = async (ids: ReadonlySet<string>): Promise<readonly SignalboxEvent[]> =>
    (await subject().heard()).filter(({ id }) => ids.has(id));

  test('carries events as they are, more than one call of it takes', async () => {
    const events = Array.from({ length: 23 }, (_, i) => ({ ...accepted(), id: `many-${i}` }));
    await subject().bus.put(events);
    const ids = new Set(events.map(({ id }) => id));
    await expect.poll(async () => new Set((await heardOf(ids)).map(({ id }) => id))).toEqual(ids);
    expect(await heardOf(ids)).toContainEqual(events[7]);
  });

  test('carries an event twice that is put twice', async () => {
    const event = { ...accepted(), id: 'twice' };
    await subject().bus.put([event]);
    await subject().bus.put([event]);
    await expect.poll(() => heardOf(new Set(['twice']))).toEqual([event, event]);
  });

  test('carries large events, the largest without their data', async () => {
    const ended = (id: string, characters: number): SignalboxEvent => ({
      ...told('signalbox.run.succeeded', 0, { durationMs: 1, output: 'ü'.repeat(characters) }),
      id,
    });
    const large = ['large-0', 'large-1', 'large-2'].map((id) => ended(id, 100_000));
    const largest = ended('largest', 190_000);
    await subject().bus.put([...large, largest]);
    const ids = new Set([...large, largest].map(({ id }) => id));
    await expect.poll(() => heardOf(ids)).toHaveLength(4);
    const heard = await heardOf(ids);
    expect(heard.find(({ id }) => id === 'large-1')).toEqual(large[1]);
    expect(heard.find(({ id }) => id === 'largest')?.data).toEqual({
      omitted: expect.stringContaining('bytes'),
    });
  });

  test('resolves for nothing', async () => {
    await expect(subject().bus.put([])).resolves.toBeUndefined();
  });
}

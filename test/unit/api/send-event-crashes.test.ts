import { describe, expect, it } from 'vitest';
import { apiUnderTest } from './api-under-test.ts';
import { Crash, deaths } from './crash.ts';
import { HELLO, keyed, typesOf } from './event-call.ts';

describe('R4: a crash anywhere in POST /events', () => {
  const begin = () => keyed('key-1');

  it('makes six things outside of a first event, and two of a further one', async () => {
    const crash = new Crash();
    const api = apiUnderTest(crash.around);
    crash.count();
    const { body } = await api.ask(begin());
    expect(crash.done).toBe(6);
    crash.count();
    await api.ask(keyed('key-2', { ...HELLO, run: body.run }));
    expect(crash.done).toBe(2);
  });

  it.each(deaths(6))(
    'is finished by a repeat, which tells the same event: $when $at',
    async (death) => {
      const crash = new Crash();
      const api = apiUnderTest(crash.around);
      crash.arm(death.at, death.when);
      expect((await api.ask(begin())).status).toBe(500);
      crash.count();
      await api.system.advance(2000);
      const { status, body } = await api.ask(begin());
      expect(status).toBe(202);
      const told = new Map(api.events.events.map((event) => [event.id, JSON.stringify(event)]));
      expect([...new Set(typesOf(api))]).toEqual(['signalbox.run.accepted', 'message.received']);
      expect(new Set(api.events.events.map((event) => JSON.stringify(event))).size).toBe(told.size);
      expect(await api.ledger.runs.read(body.run)).toMatchObject({
        progress: 'announced',
        acceptedAt: body.event.time,
      });
    },
  );

  it.each(deaths(2))('of a further event, too: $when $at', async (death) => {
    const crash = new Crash();
    const api = apiUnderTest(crash.around);
    const { body } = await api.ask(begin());
    const further = keyed('key-2', { ...HELLO, run: body.run });
    crash.arm(death.at, death.when);
    expect((await api.ask(further)).status).toBe(500);
    crash.count();
    await api.system.advance(2000);
    const answer = await api.ask(further);
    expect(answer.status).toBe(202);
    const told = api.events.events.filter(({ id }) => id === answer.body.event.id);
    expect(new Set(told.map((event) => JSON.stringify(event))).size).toBe(1);
  });
});

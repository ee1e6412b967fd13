/** The demo's claims: they hold for a conversation that went well, and each fails where it is not so. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import { Claims } from '../../../cli/demo/claims.ts';
import { checkConversation } from '../../../cli/demo/real-estate/check.ts';
import { heardOf, type Told } from '../../../cli/demo/real-estate/told.ts';
import type { Theatre } from '../../../cli/demo/theatre.ts';
import { noPaint } from '../../../cli/draw/paint.ts';
import { readHomes } from '../../../data/homes/homes.ts';
import { event, run, step } from './fixtures.ts';

const homes = readHomes();
const fitting = (rooms: number, maxPrice: number) =>
  homes.filter((home) => home.rooms >= rooms && home.price <= maxPrice);
const MEETING = { homeId: fitting(9, 540_000)[0]?.id ?? '', slot: '2026-11-30T14:00:00.000Z' };

let bookings: readonly object[] = [MEETING];
const server = createServer((_, response) => {
  response.end(JSON.stringify({ bookings }));
});
let calendarUrl = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  calendarUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());

/** The events of one message. */
function eventsOf(n: number, maxPrice: number, more: readonly SignalboxEvent[] = []) {
  const origin = `message-${n}`;
  const made = (type: string, id: string, cause: string, data: unknown) =>
    event(type, {
      id: `${id}-${n}`,
      time: `2026-11-29T12:0${n}:0${id.length % 10}.000Z`,
      cause,
      origin,
      data,
    });
  const found = fitting(9, maxPrice);
  return [
    event('user.message.received', {
      id: origin,
      time: `2026-11-29T12:0${n}:00.000Z`,
      origin,
      data: { text: 'hello' },
    }),
    made('user.intent.identified', 'i', origin, { rooms: 9, maxPrice, wantsVisit: true }),
    made('listings.found', 'fo', `i-${n}`, { homes: found.slice(0, 5), fitting: found.length }),
    ...more,
  ];
}

function conversation(change: (told: Told) => Told = (told) => told): Told {
  const meeting = event('meeting.scheduled', {
    id: 'meeting',
    time: '2026-11-29T12:02:05.000Z',
    cause: 'fo-2',
    origin: 'message-2',
    data: MEETING,
  });
  const events = [...eventsOf(1, 600_000), ...eventsOf(2, 540_000, [meeting])];
  const read = (n: number, startedAt: string, endedAt: string) =>
    step(`extractPreferences@${n}`, { agent: 'extract-preferences', startedAt, endedAt });
  return change({
    title: 'a talk',
    run: run({
      status: 'succeeded',
      output: MEETING,
      steps: [
        read(0, '2026-11-29T12:01:00.000Z', '2026-11-29T12:01:01.000Z'),
        read(1, '2026-11-29T12:02:00.000Z', '2026-11-29T12:02:01.000Z'),
      ],
    }),
    heard: [1, 2].map((n) => heardOf('hello', `message-${n}`, events)),
    events,
  });
}

async function failedClaims(told: Told): Promise<string[]> {
  const claims = new Claims();
  const theatre = { claims, local: { calendarUrl } } as unknown as Theatre;
  await checkConversation(theatre, told);
  expect(claims.lines(noPaint).length).toBeGreaterThan(9);
  return claims.lines(noPaint).filter((line) => line.startsWith('✗'));
}

const changed = (change: (told: Told) => Partial<Told>) =>
  conversation((told) => ({ ...told, ...change(told) }));
const withLast = (change: (last: Told['heard'][number]) => object) =>
  changed(({ heard }) => ({
    heard: heard.map((one, i) => (i === heard.length - 1 ? { ...one, ...change(one) } : one)),
  }));
const home = homes[0];
if (!home) throw new TypeError('no homes');

const BROKEN: readonly (readonly [what: string, told: () => Told, claim: string])[] = [
  [
    'fails',
    () => changed((told) => ({ run: { ...told.run, status: 'failed' } })),
    'the run succeeds',
  ],
  [
    'finds a home that is too small',
    () => withLast(() => ({ found: { homes: [home], fitting: 1 } })),
    'only real homes',
  ],
  [
    'finds a home that there is not',
    () =>
      withLast(({ found }) => ({
        found: { ...found, homes: found?.homes.map((one) => ({ ...one, built: 1 })) },
      })),
    'only real homes',
  ],
  ['finds nothing', () => withLast(() => ({ found: null })), 'only real homes'],
  [
    'forgets what was said',
    () => withLast(({ wanted }) => ({ wanted: { ...wanted, rooms: 3 } })),
    'cheaper than before',
  ],
  [
    'books something else',
    () => withLast(() => ({ meeting: { ...MEETING, homeId: '1' } })),
    'the visit is to the first home',
  ],
  [
    'has an event without a cause',
    () =>
      changed(({ events }) => ({
        events: [
          ...events,
          event('lead.qualified', { id: 'alone', origin: 'message-1', data: {} }),
        ],
      })),
    'every event has its cause',
  ],
  [
    'has an event twice',
    () => changed(({ events }) => ({ events: [...events, ...events.slice(0, 1)] })),
    'no event is there twice',
  ],
  [
    'reads two messages at once',
    () =>
      changed(({ run: whole }) => ({
        run: {
          ...whole,
          steps: whole.steps.map((one) => ({ ...one, startedAt: '2026-11-29T12:00:00.000Z' })),
        },
      })),
    'one after the other',
  ],
];

describe('the claims of a conversation', () => {
  it('hold when it went well', async () => {
    expect(await failedClaims(conversation())).toEqual([]);
  });

  it.each(BROKEN)('fail when it %s', async (_, told, claim) => {
    expect((await failedClaims(told())).join('\n')).toContain(claim);
  });

  it('fail when the calendar has it twice, or not at all', async () => {
    for (const kept of [[], [MEETING, MEETING]]) {
      bookings = kept;
      expect((await failedClaims(conversation())).join()).toContain('the calendar has it once');
    }
    bookings = [MEETING];
  });
});

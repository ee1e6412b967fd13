/** What the demo says of a conversation, checked against the homes, the calendar and the events. */
import * as z from 'zod/mini';
import { eventTree } from '#runtime/client/event-tree.ts';
import { type Home as RealHome, readHomes } from '../../../data/homes/homes.ts';
import { ask } from '../outside.ts';
import type { Theatre } from '../theatre.ts';
import {
  type Heard,
  type Home,
  type Meeting,
  MeetingSchema,
  type Told,
  type Wanted,
} from './told.ts';

const BookingsSchema = z.object({
  bookings: z.array(z.object({ homeId: z.string(), slot: z.string() })),
});

export async function checkConversation(theatre: Theatre, told: Told): Promise<void> {
  const { claims, local } = theatre;
  const { run, heard, title } = told;
  const claim = (what: string, holds: boolean, got: unknown): void =>
    claims.check(`${title}: ${what}`, holds, JSON.stringify(got));
  claim('the run succeeds', run.status === 'succeeded', [run.status, run.error]);
  for (const one of heard) claim('only real homes that fit are found', isTrue(one), one);
  checkFollowUps(heard, claim);

  const last = heard.at(-1);
  const meeting = last?.meeting;
  claim(
    'the visit is to the first home that the last message has found, and is the output',
    meeting?.homeId === last?.found?.homes[0]?.id && isMeeting(run.output, meeting),
    [run.output, last],
  );
  const { bookings } = await ask(`${local.calendarUrl}/bookings`, BookingsSchema);
  const own = bookings.filter(({ slot }) => slot === meeting?.slot);
  claim('the calendar has it once', own.length === 1 && own[0]?.homeId === meeting?.homeId, own);
  checkCauses(told, claim);
}

type Claim = (what: string, holds: boolean, got: unknown) => void;

function isMeeting(output: unknown, meeting: Meeting | null | undefined): boolean {
  const parsed = z.safeParse(MeetingSchema, output);
  const { homeId, slot } = parsed.data ?? {};
  return parsed.success && homeId === meeting?.homeId && slot === meeting?.slot;
}

/** A message after the first one asks for something cheaper: everything else stays. */
function checkFollowUps(heard: readonly Heard[], claim: Claim): void {
  for (const [i, { wanted, found }] of heard.entries()) {
    const before = heard[i - 1]?.wanted;
    if (!before) continue;
    claim(
      '“cheaper” means cheaper than before, with as many rooms',
      wanted?.rooms === before.rooms && (wanted?.maxPrice ?? Infinity) < (before.maxPrice ?? 0),
      [before, wanted],
    );
    const dearest = Math.max(...(found?.homes ?? []).map(({ price }) => price));
    claim('what is found then is cheaper', dearest < (before.maxPrice ?? 0), dearest);
  }
}

const homes = readHomes();

function isTrue({ wanted, found }: Heard): boolean {
  if (!wanted || !found || found.homes.length === 0) return false;
  return (
    found.fitting === homes.filter((home) => fits(home, wanted)).length &&
    found.homes.every((home) => fits(home, wanted) && isReal(home))
  );
}

const fits = ({ rooms, price }: RealHome, wanted: Wanted): boolean =>
  rooms >= (wanted.rooms ?? 0) && price <= (wanted.maxPrice ?? Number.POSITIVE_INFINITY);

const isReal = (home: Home): boolean => {
  const real = homes[Number(home.id) - 1];
  return (
    real !== undefined &&
    Object.entries(real).every(([key, value]) => Reflect.get(home, key) === value)
  );
};

/** Nothing happens of itself: only what came from outside, and the run as such, has no cause. */
function checkCauses({ run, events, heard }: Told, claim: Claim): void {
  const uncaused = eventTree(events)
    .map(({ event }) => event)
    .filter(({ type, id, origin }) => !type.startsWith('signalbox.run.') && origin !== id);
  claim('every event has its cause', uncaused.length === 0, uncaused);
  const ids = new Set(events.map(({ id }) => id));
  claim('no event is there twice', ids.size === events.length, events.length);
  const reads = run.steps
    .filter(({ agent }) => agent === 'extract-preferences')
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  const inTurn = reads.every((step, i) => {
    const before = reads[i - 1]?.endedAt;
    return before === undefined || before <= (step.startedAt ?? '');
  });
  claim('messages are read one after the other', reads.length === heard.length && inTurn, reads);
}

/**
 * The real-estate assistant: the events of a conversation, and what its four agents take.
 *
 * Boundary: schemas only. The subscriptions in `infra/workflows/real-estate.ts` say who reacts to what;
 * agents know events, never each other.
 */
import * as z from 'zod/mini';
import { agentContract } from '#runtime/contracts/agent.ts';
import { eventTypes } from '#runtime/contracts/event-types.ts';
import { subscriptionsContract } from '#runtime/contracts/subscriptions.ts';

/** What somebody looks for; `null` where they have not said. */
const Preferences = z.object({
  /** At least so many. */
  rooms: z.nullable(z.int().check(z.minimum(1), z.maximum(50))),
  /** US dollars. */
  maxPrice: z.nullable(z.int().check(z.minimum(1), z.maximum(1_000_000_000))),
  /** They want to see one of the homes. */
  wantsVisit: z.boolean(),
});
export type Preferences = z.infer<typeof Preferences>;

const Home = z.object({
  /** As in `data/homes/`. */
  id: z.string(),
  /** US dollars. */
  price: z.int(),
  rooms: z.int(),
  bedrooms: z.int(),
  livingSqft: z.int(),
  /** Year; 0 where nobody knows. */
  built: z.int(),
});
export type Home = z.infer<typeof Home>;

/** Most homes that an event carries. */
export const MOST_HOMES = 5;

/** How sure it is that there is something for them: `A` for most homes, `B` for some, `C` for none or nobody knows. */
const Grade = z.enum(['A', 'B', 'C']);
export type Grade = z.infer<typeof Grade>;

export const realEstateEvents = eventTypes({
  'user.message.received': z.object({ text: z.string().check(z.minLength(1), z.maxLength(2000)) }),
  'user.intent.identified': Preferences,
  'listings.found': z.object({
    /** Best first. */
    homes: z.array(Home).check(z.maxLength(MOST_HOMES)),
    /** Of all that there are, those that fit. */
    fitting: z.int(),
  }),
  'lead.qualified': z.object({ grade: Grade }),
  'meeting.scheduled': z.object({ homeId: z.string(), slot: z.iso.datetime() }),
});

const Message = realEstateEvents['user.message.received'];
const Listings = realEstateEvents['listings.found'];
const Lead = realEstateEvents['lead.qualified'];

export const extractPreferences = agentContract({
  name: 'extract-preferences',
  timeoutSeconds: 30,
  quotas: ['model:default'],
  input: z.extend(Message, {
    /** What the conversation knew before this message. */
    previous: z.nullable(Preferences),
  }),
  output: Preferences,
  events: { 'user.intent.identified': Preferences },
});

export const searchListings = agentContract({
  name: 'search-listings',
  timeoutSeconds: 15,
  input: Preferences,
  output: z.object({ fitting: z.int() }),
  events: { 'listings.found': Listings },
});

export const qualifyLead = agentContract({
  name: 'qualify-lead',
  timeoutSeconds: 15,
  input: Preferences,
  output: Lead,
  events: { 'lead.qualified': Lead },
});

export const scheduleMeeting = agentContract({
  name: 'schedule-meeting',
  timeoutSeconds: 15,
  input: z.object({ found: Listings, lead: Lead }),
  /** `nothing-to-see`: no home fits; `not-qualified`: none that they could buy. */
  output: z.object({ outcome: z.enum(['scheduled', 'nothing-to-see', 'not-qualified']) }),
  events: { 'meeting.scheduled': realEstateEvents['meeting.scheduled'] },
});

export const realEstate = subscriptionsContract({
  name: 'real-estate',
  events: realEstateEvents,
  completesOn: 'meeting.scheduled',
  quietSeconds: 120,
  deadlineSeconds: 3600,
});

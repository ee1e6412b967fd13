/**
 * The event: an immutable fact on the stream, CloudEvents 1.0 as plain JSON, one Kinesis record each.
 *
 * Invariants
 * V3. The partition key is the run: events of one run keep their order.
 * V4. `id` is a hash of run, generation, path, attempt, fence, type and ordinal: a re-send has the
 *     same id and the same content (R4), and two holders of a step never share one.
 * V5. `time` is when the fact happened, never when somebody read it.
 */
import * as z from 'zod/mini';
import { TENANT } from './tenant.ts';

const count = z.int().check(z.nonnegative());

export const SignalboxEventSchema = z.object({
  specversion: z.literal('1.0'),
  id: z.string().check(z.minLength(1), z.maxLength(64)),
  /** Who says so: `signalbox/agent/answer-question`, `signalbox/api`. */
  source: z.string(),
  type: z.string(),
  time: z.iso.datetime(),
  datacontenttype: z.literal('application/json'),
  /** The step's path; absent for events of the run itself. */
  subject: z.optional(z.string()),
  data: z.unknown(),
  // Extension attributes (CloudEvents: lower-case letters and digits).
  run: z.string().check(z.minLength(1), z.maxLength(64)),
  root: z.string(),
  gen: count,
  tenant: z.string().check(z.regex(TENANT)),
  workflow: z.string(),
  /** `redrive.retry` of the attempt; absent for events of the run itself. */
  attempt: z.optional(z.string()),
  /** The fence under which it happened; 0 where no holder is involved. */
  fence: count,
  /** Counts events of one type under one fence. */
  ordinal: count,
  traceparent: z.optional(z.string()),
  // Of events that a reaction or a request from outside made (contracts/subscriptions.ts).
  /** Id of the event that its step reacts to. */
  cause: z.optional(z.string()),
  /** Id of the event from outside that it follows from; its own, for such an event. */
  origin: z.optional(z.string()),
  /** Reactions between its origin and it; 0 for an origin. */
  hops: z.optional(count),
  /** Id of the replay whose reaction made it: nothing reacts to it unless the replay says so. */
  replay: z.optional(z.string()),
});
export type SignalboxEvent = z.infer<typeof SignalboxEventSchema>;

/** Where an event stands in its run: events are read in the order of these texts. */
export const eventPosition = ({ time, id }: Pick<SignalboxEvent, 'time' | 'id'>): string =>
  `${time}#${id}`;

/** Events about messages that cannot be assigned to a run carry this run id. */
export const NO_RUN = 'none';

/** What the events of a conversation tell, message by message. */
import * as z from 'zod/mini';
import type { RunView } from '#runtime/contracts/api.ts';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';

const HomeSchema = z.object({
  id: z.string(),
  price: z.number(),
  rooms: z.number(),
  bedrooms: z.number(),
  livingSqft: z.number(),
  built: z.number(),
});
export type Home = z.infer<typeof HomeSchema>;

const WantedSchema = z.object({
  rooms: z.nullable(z.number()),
  maxPrice: z.nullable(z.number()),
  wantsVisit: z.boolean(),
});
export type Wanted = z.infer<typeof WantedSchema>;

const FoundSchema = z.object({ homes: z.array(HomeSchema), fitting: z.number() });
export const MeetingSchema = z.object({ homeId: z.string(), slot: z.string() });
export type Meeting = z.infer<typeof MeetingSchema>;

/** What followed from one message. */
export interface Heard {
  readonly text: string;
  readonly wanted: Wanted | null;
  readonly found: z.infer<typeof FoundSchema> | null;
  readonly meeting: Meeting | null;
}

/** A conversation, when its run has ended. */
export interface Told {
  readonly title: string;
  readonly run: RunView;
  readonly heard: readonly Heard[];
  readonly events: readonly SignalboxEvent[];
}

/** @param origin id of the event that a message was told as */
export function heardOf(text: string, origin: string, events: readonly SignalboxEvent[]): Heard {
  const own = events.filter((event) => event.origin === origin);
  const data = <S extends z.ZodMiniType>(type: string, schema: S): z.infer<S> | null => {
    const parsed = z.safeParse(schema, own.find((event) => event.type === type)?.data);
    return parsed.success ? parsed.data : null;
  };
  return {
    text,
    wanted: data('user.intent.identified', WantedSchema),
    found: data('listings.found', FoundSchema),
    meeting: data('meeting.scheduled', MeetingSchema),
  };
}

/** The document that `--json FILE` writes. */
export const documentOf = (told: readonly Told[], elapsedMs: number) => ({
  conversations: told.map(({ title, run, heard, events }) => ({
    title,
    runId: run.id,
    status: run.status,
    output: run.output,
    messages: heard,
    eventTypes: events.map(({ type }) => type),
  })),
  elapsedSeconds: Math.round(elapsedMs / 100) / 10,
});

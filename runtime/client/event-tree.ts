/**
 * The events of a run as a tree: each below the one that caused it.
 *
 * Job: the audit of a run, for workflows and for reactive runs alike.
 * Boundary: pure. Events of reactions name their cause; of everything else the cause follows from where
 * an event stands. A state machine tells nobody which state led to which, so the step before is the last
 * one that had ended by then, as far as the events tell.
 *
 * Invariants
 * T1. Every event of the set is in the tree exactly once, whatever the set lacks.
 * T2. The tree depends on the set of events only (R11).
 */
import * as z from 'zod/mini';
import { eventPosition, type SignalboxEvent } from '../contracts/event.ts';

export interface EventNode {
  readonly event: SignalboxEvent;
  /** What it caused, oldest first. */
  readonly caused: readonly EventNode[];
}

/** The events that nothing in the set caused, oldest first. */
export function eventTree(events: readonly SignalboxEvent[]): readonly EventNode[] {
  const byId = new Map(events.map((event) => [event.id, event]));
  const known = new KnownEvents([...byId.values()].sort(byPosition));
  const causes = new Map<string, string>();
  for (const event of known.all) {
    const cause = known
      .causesOf(event)
      .find((id) => byId.has(id) && !leadsTo(causes, id, event.id));
    if (cause !== undefined) causes.set(event.id, cause);
  }
  const caused = Map.groupBy(known.all, ({ id }) => causes.get(id) ?? NOTHING);
  const nodes = (cause: string): readonly EventNode[] =>
    (caused.get(cause) ?? []).map((event) => ({ event, caused: nodes(event.id) }));
  return nodes(NOTHING);
}

/** The key of what has no cause: no event has an empty id. */
const NOTHING = '';

const byPosition = (a: SignalboxEvent, b: SignalboxEvent): number =>
  eventPosition(a) < eventPosition(b) ? -1 : 1;

/** True when following causes from `id` comes to `target`: clocks that differ could close a circle (T1). */
function leadsTo(causes: ReadonlyMap<string, string>, id: string, target: string): boolean {
  for (let at: string | undefined = id; at !== undefined; at = causes.get(at)) {
    if (at === target) return true;
  }
  return false;
}

const STEP_ENDS = new Set([
  'signalbox.step.succeeded',
  'signalbox.step.failed',
  'signalbox.step.expired',
  'signalbox.step.stopped',
]);
const RUN_ENDS = new Set([
  'signalbox.run.succeeded',
  'signalbox.run.failed',
  'signalbox.run.expired',
  'signalbox.run.stopped',
]);

/** A set of events, oldest first, by what they are looked up by. */
class KnownEvents {
  readonly all: readonly SignalboxEvent[];
  readonly #byPlace = new Map<string, SignalboxEvent>();
  /** Ends of steps, oldest first. */
  readonly #ends: readonly SignalboxEvent[];

  constructor(all: readonly SignalboxEvent[]) {
    this.all = all;
    this.#ends = all.filter(({ type }) => STEP_ENDS.has(type));
    for (const event of all) {
      for (const place of placesOf(event)) {
        if (!this.#byPlace.has(place)) this.#byPlace.set(place, event);
      }
    }
  }

  /** Ids of what may have caused an event, the likeliest first. */
  causesOf(event: SignalboxEvent): readonly string[] {
    return this.#causesOf(event).filter((id) => id !== undefined);
  }

  #causesOf(event: SignalboxEvent): readonly (string | undefined)[] {
    const { gen, subject: path = '', attempt = '0.0' } = event;
    const data = dataOf(event);
    switch (event.type) {
      case 'signalbox.run.accepted':
        return [gen > 0 ? this.#at(place('run-end', gen - 1)) : undefined];
      case 'signalbox.run.started':
        return [this.#at(place('signalbox.run.accepted', gen))];
      case 'signalbox.run.succeeded':
      case 'signalbox.run.failed':
      case 'signalbox.run.expired':
      case 'signalbox.run.stopped':
        return [event.cause, this.#lastEndBefore(event), ...this.#beginning(gen)];
      case 'signalbox.step.queued':
        return this.#causesOfQueued(event);
      case 'signalbox.step.started':
        return [
          this.#lastDeferral(event),
          this.#at(place('signalbox.step.queued', gen, path, attempt)),
        ];
      case 'signalbox.step.waiting':
        return [this.#at(place('signalbox.step.queued', gen, path, attempt))];
      case 'signalbox.approval.requested':
        return this.#causesInWait(event, 'signalbox.step.waiting');
      case 'signalbox.approval.decided':
        return this.#causesInWait(event, 'signalbox.approval.requested');
      case 'signalbox.step.succeeded':
      case 'signalbox.step.failed':
      case 'signalbox.step.expired':
      case 'signalbox.step.stopped':
        return this.#causesInWait(event, 'signalbox.approval.decided');
      case 'signalbox.dead_letter.parked':
        return [this.#at(place('end', gen, path, attempt)), ...this.#causesInStep(event)];
      case 'signalbox.dead_letter.redriven':
        return [this.#at(place('letter', data.deadLetter ?? ''))];
      case 'signalbox.event.parked':
        return [data.event];
      case 'signalbox.reaction.dropped':
        return data.events?.toReversed() ?? [];
      default:
        return this.#causesInStep(event);
    }
  }

  #causesOfQueued(event: SignalboxEvent): readonly (string | undefined)[] {
    const { gen, subject: path = '', attempt = '0.0', cause } = event;
    const [redrive = 0, retry = 0] = attempt.split('.').map(Number);
    return [
      retry > 0
        ? this.#at(place('signalbox.step.retried', gen, path, `${redrive}.${retry - 1}`))
        : undefined,
      redrive > 0
        ? this.#at(place('signalbox.dead_letter.redriven', gen, path, attempt))
        : undefined,
      cause,
      // What reacts to an event that is not in the set follows from nothing that is.
      ...(cause === undefined ? [this.#lastEndBefore(event), ...this.#beginning(gen)] : []),
    ];
  }

  /** What happens in a step follows from its worker's start; what nobody had to start it for, from its wait. */
  #causesInStep(event: SignalboxEvent): readonly (string | undefined)[] {
    const { gen, subject: path, attempt = '0.0', fence, cause } = event;
    if (path === undefined) return [cause];
    return [
      this.#at(place('signalbox.step.started', gen, path, attempt, fence)),
      this.#at(place('signalbox.step.queued', gen, path, attempt)),
      cause,
    ];
  }

  /** In a step that may wait for a person or an event: what comes first is worked on by nobody. */
  #causesInWait(
    event: SignalboxEvent,
    after: 'signalbox.step.waiting' | 'signalbox.approval.requested' | 'signalbox.approval.decided',
  ): readonly (string | undefined)[] {
    const { gen, subject: path = '' } = event;
    return [
      this.#at(place(after, gen, path)),
      this.#at(place('signalbox.step.waiting', gen, path)),
      ...this.#causesInStep(event),
    ];
  }

  #beginning = (gen: number): readonly (string | undefined)[] => [
    this.#at(place('signalbox.run.started', gen)),
    this.#at(place('signalbox.run.accepted', gen)),
  ];

  /** The deferral with which the claim before this one ended, if it did. */
  #lastDeferral({ gen, subject = '', attempt = '0.0', fence }: SignalboxEvent): string | undefined {
    return this.#at(place('signalbox.step.deferred', gen, subject, attempt, fence - 1));
  }

  /** The last end of a step that this step, or the end of the run, can have waited for. */
  #lastEndBefore(event: SignalboxEvent): string | undefined {
    const before = this.#ends.findLast(
      (end) =>
        end.time <= event.time &&
        end.gen === event.gen &&
        end.subject !== event.subject &&
        !areApart(end.subject ?? '', event.subject ?? ''),
    );
    return before?.id;
  }

  #at(at: string): string | undefined {
    return this.#byPlace.get(at)?.id;
  }
}

/** Where payloads of platform events name other events. */
const DataSchema = z.object({
  deadLetter: z.optional(z.string()),
  event: z.optional(z.string()),
  events: z.optional(z.array(z.string())),
});

const dataOf = ({ data }: SignalboxEvent): z.infer<typeof DataSchema> => {
  const parsed = z.safeParse(DataSchema, data);
  return parsed.success ? parsed.data : {};
};

const place = (...parts: readonly (string | number)[]): string => parts.join(' ');

/** All that an event can be looked up by. */
function placesOf(event: SignalboxEvent): readonly string[] {
  const { type, gen, subject: path, attempt = '0.0', fence } = event;
  if (path === undefined) {
    return [place(type, gen), ...(RUN_ENDS.has(type) ? [place('run-end', gen)] : [])];
  }
  return [
    place(type, gen, path),
    place(type, gen, path, attempt),
    place(type, gen, path, attempt, fence),
    ...(STEP_ENDS.has(type) ? [place('end', gen, path, attempt)] : []),
    ...(type === 'signalbox.dead_letter.parked'
      ? [place('letter', dataOf(event).deadLetter ?? '')]
      : []),
  ];
}

/** True of steps in different items of one map: neither waits for the other. */
function areApart(one: string, other: string): boolean {
  const others = other.split('/');
  const [segment, at] = firstDifference(one.split('/'), others);
  const name = ITEM.exec(segment)?.[1];
  return name !== undefined && ITEM.exec(others[at] ?? '')?.[1] === name;
}

function firstDifference(
  segments: readonly string[],
  others: readonly string[],
): readonly [string, number] {
  const at = segments.findIndex((segment, i) => segment !== others[i]);
  return at < 0 ? ['', segments.length] : [segments[at] ?? '', at];
}

/** A segment of a path that names an item of a map: `search[3]`. */
const ITEM = /^(\w+)\[\d+\]$/;

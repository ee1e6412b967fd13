/**
 * Events that were seen once, told again of other runs.
 *
 * Boundary: pure.
 */
import { createHash } from 'node:crypto';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import { isoTime } from '#runtime/core/iso-time.ts';

/** The run that they are told of now. */
export interface Told {
  readonly run: string;
  /** When its first event happens; epoch milliseconds. */
  readonly atMs: number;
  /** Id of the event from outside that it began with; `undefined` of a workflow's run. */
  readonly origin?: string | undefined;
}

/** The same events, in their order, as this run would have told them. */
export function retold(events: readonly SignalboxEvent[], told: Told): readonly SignalboxEvent[] {
  const [first] = events;
  if (!first) return [];
  const shiftMs = told.atMs - Date.parse(first.time);
  const idOf = (id: string): string => hashOf(`${told.run} ${id}`);
  return events.map(({ cause, origin, ...event }) => ({
    ...event,
    id: idOf(event.id),
    run: told.run,
    root: told.run,
    time: isoTime(Date.parse(event.time) + shiftMs),
    ...(origin !== undefined && { origin: told.origin ?? idOf(origin) }),
    ...(cause !== undefined && {
      cause: cause === origin ? (told.origin ?? idOf(cause)) : idOf(cause),
    }),
  }));
}

const hashOf = (text: string): string =>
  createHash('sha256').update(text).digest('hex').slice(0, 32);

/** Runs side by side, each in its own order, as a stream has them: the first event of each, the second, and so on. */
export function sideBySide(
  runs: readonly (readonly SignalboxEvent[])[],
): readonly SignalboxEvent[] {
  const longest = Math.max(0, ...runs.map(({ length }) => length));
  return Array.from({ length: longest }, (_, i) => runs.flatMap((run) => run[i] ?? [])).flat();
}

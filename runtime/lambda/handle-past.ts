import type { SignalboxEvent } from '../contracts/event.ts';
import type { ReplayFailure } from '../contracts/replay.ts';
import { isDependencyFailure, laneCause } from '../core/consume/failure.ts';
import type { Consumer, ReplayContext } from './consume-events.ts';
import { eachAtMost } from './each-at-most.ts';

/** Runs that are worked on at a time. */
const CONCURRENCY = 10;

interface Handled {
  readonly handled: number;
  readonly failures: readonly ReplayFailure[];
}

/**
 * Hands past events to a consumer, those of a run in their order. One that cannot be handled is passed
 * over and told: it must not end up in a lane, from which it would be handled as if it were new.
 * @throws what the consumer throws when something is away: all of them are handed over again then
 */
export async function handlePast(
  consumer: Consumer,
  events: readonly SignalboxEvent[],
  replay: ReplayContext,
): Promise<Handled> {
  const runs = [...Map.groupBy(events, ({ run }) => run).values()];
  const failures: ReplayFailure[] = [];
  await eachAtMost(consumer.concurrency ?? CONCURRENCY, runs, async (own) => {
    failures.push(...(await handleRun(consumer, own, replay)));
  });
  return { handled: events.length - failures.length, failures };
}

async function handleRun(
  { handle }: Consumer,
  events: readonly SignalboxEvent[],
  replay: ReplayContext,
): Promise<readonly ReplayFailure[]> {
  const failureOf = async (some: readonly SignalboxEvent[]): Promise<unknown> => {
    try {
      await handle(some, { replay });
      return null;
    } catch (error) {
      if (isDependencyFailure(error)) throw error;
      return error;
    }
  };
  const together = await failureOf(events);
  if (together === null) return [];
  const failures: ReplayFailure[] = [];
  for (const event of events) {
    const error = await failureOf([event]);
    if (error === null) continue;
    const { id, run, type } = event;
    failures.push({ event: id, run, type, cause: laneCause(error).message });
  }
  return failures;
}

import type { LaneStore, System } from '../ports.ts';
import type { Consumer } from './consume-events.ts';
import { type DrainPorts, drainLane } from './drain-lanes.ts';
import type { SliceEnd } from './replay-events.ts';

export interface OpenLanePorts extends DrainPorts {
  readonly lanes: DrainPorts['lanes'] & Pick<LaneStore, 'list'>;
  readonly system: System;
}

/** Lanes that one order drains, the oldest first; each is a run that somebody has to look at. */
const LANES_MAX = 1000;
/** While something that the consumer needs is away, lanes are tried again after so many seconds. */
const AWAY_SECONDS = 30;

/**
 * Drains the consumer's open lanes, or one run's, one after the other. Lanes that are stuck stay open. When
 * all of the time was spent on those, it ends: the next round would spend it on the same.
 */
export async function drainOpenLanes(
  ports: OpenLanePorts,
  consumer: Consumer,
  { run, untilMs }: { readonly run: string | undefined; readonly untilMs: number },
): Promise<SliceEnd> {
  let drained = 0;
  for (const one of run === undefined ? await openRuns(ports, consumer) : [run]) {
    const { end, handled } = await drainLane(ports, consumer, one, untilMs);
    drained += handled;
    if (end === 'time-over') return drained > 0 ? { kind: 'again', seconds: 0 } : DONE;
    if (end === 'away') return { kind: 'again', seconds: AWAY_SECONDS };
  }
  return DONE;
}

const DONE: SliceEnd = { kind: 'done' };

const openRuns = async ({ lanes }: OpenLanePorts, { name }: Consumer): Promise<readonly string[]> =>
  (await lanes.list({ consumer: name, limit: LANES_MAX })).map(({ run }) => run);

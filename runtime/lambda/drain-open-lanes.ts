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

/** Drains the consumer's open lanes, or one run's, one after the other. Lanes that are stuck stay open. */
export async function drainOpenLanes(
  ports: OpenLanePorts,
  consumer: Consumer,
  { run, untilMs }: { readonly run: string | undefined; readonly untilMs: number },
): Promise<SliceEnd> {
  for (const one of run === undefined ? await openRuns(ports, consumer) : [run]) {
    const { end } = await drainLane(ports, consumer, one, untilMs);
    if (end === 'time-over') return { kind: 'again', seconds: 0 };
    if (end === 'away') return { kind: 'again', seconds: AWAY_SECONDS };
  }
  return { kind: 'done' };
}

const openRuns = async ({ lanes }: OpenLanePorts, { name }: Consumer): Promise<readonly string[]> =>
  (await lanes.list({ consumer: name, limit: LANES_MAX })).map(({ run }) => run);

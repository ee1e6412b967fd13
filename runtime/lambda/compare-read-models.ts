/**
 * Compares a rebuilt read model with the live one, run by run, a page of runs at a time.
 *
 * Runs are listed from both sides: one that only the archive knows is a difference, too. Each is
 * compared once.
 */
import type { Comparison, ReplayRecord } from '../contracts/replay.ts';
import { EXAMPLES_MAX } from '../contracts/replay.ts';
import { DEFAULT_TENANT } from '../contracts/tenant.ts';
import { parseJson } from '../core/parse-json.ts';
import { differenceOf, type ProjectedRun } from '../core/replay/compare-runs.ts';
import { changed, ended } from '../core/replay/progress.ts';
import type { ReadModelReader, RunListing } from '../ports.ts';
import { allEvents } from './all-events.ts';

const RUNS = 20;

export interface Sides {
  readonly live: ReadModelReader;
  readonly fresh: ReadModelReader;
}

/** Where a comparison is: which side's list, and its page. */
interface Place {
  readonly side: keyof Sides;
  readonly cursor?: string;
}

/** @returns the record as it is after one page more */
export async function comparePage(
  sides: Sides,
  record: ReplayRecord,
  nowMs: number,
): Promise<ReplayRecord> {
  const place = placeOf(record);
  const { runs: listed, next } = await sides[place.side].list({
    filter: { tenant: DEFAULT_TENANT, to: record.to },
    limit: RUNS,
    ...(place.cursor !== undefined && { cursor: place.cursor }),
  });
  const runs = place.side === 'live' ? listed : await unknownTo(sides.live, listed);
  const differences = await Promise.all(
    runs.map(async ({ run }) => {
      const difference = await compareRun(sides, run, record.to);
      return difference === null ? [] : [`run ${run}: ${difference}`];
    }),
  );
  const comparison = added(record.comparison, runs.length, differences.flat());
  const onward = next === undefined ? nextSide(place) : { ...place, cursor: next };
  if (onward === null) return ended({ ...record, comparison }, nowMs);
  const cursor = { key: JSON.stringify(onward), lines: 0 };
  return changed(record, nowMs, { comparison, cursor });
}

async function unknownTo(
  live: ReadModelReader,
  runs: readonly RunListing[],
): Promise<readonly RunListing[]> {
  const known = await Promise.all(runs.map(({ run }) => live.listing(run)));
  return runs.filter((_, i) => known[i] === null);
}

const placeOf = ({ cursor }: ReplayRecord): Place =>
  (parseJson(cursor.key) as Place | null) ?? { side: 'live' };

const nextSide = ({ side }: Place): Place | null => (side === 'live' ? { side: 'fresh' } : null);

function added(
  before: Comparison | undefined,
  compared: number,
  differences: readonly string[],
): Comparison {
  const { compared: sum = 0, different = 0, examples = [] } = before ?? {};
  return {
    compared: sum + compared,
    different: different + differences.length,
    examples: [...examples, ...differences].slice(0, EXAMPLES_MAX),
  };
}

async function compareRun({ live, fresh }: Sides, run: string, to: string): Promise<string | null> {
  const [a, b] = await Promise.all([projected(live, run), projected(fresh, run)]);
  return differenceOf(a, b, to);
}

const projected = async (reader: ReadModelReader, run: string): Promise<ProjectedRun> => ({
  events: await allEvents(reader, run),
  listing: await reader.listing(run),
});

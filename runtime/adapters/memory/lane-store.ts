import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import { laneSummary } from '#runtime/core/consume/lane.ts';
import { boundedJson, EVENT_MAX_BYTES } from '#runtime/core/limits.ts';
import type { LaneEntry, LaneStore, LaneSummary } from '#runtime/ports.ts';

interface Lane {
  summary: LaneSummary;
  entries: LaneEntry[];
  tail: number;
}

/** Lanes in memory. */
export class MemoryLaneStore implements LaneStore {
  readonly #lanes = new Map<string, Lane>();

  async openOf(
    query: Parameters<LaneStore['openOf']>[0],
  ): Promise<ReadonlyMap<string, LaneSummary>> {
    const { consumer, runs } = query;
    const open = runs.flatMap((run) => {
      const lane = this.#lanes.get(keyOf({ consumer, run }));
      return lane ? [[run, lane.summary] as const] : [];
    });
    return new Map(open);
  }

  async park(entry: Parameters<LaneStore['park']>[0]): Promise<LaneSummary> {
    const key = keyOf(entry);
    const lane = this.#lanes.get(key) ?? {
      summary: laneSummary(entry, entry.parkedAt),
      entries: [],
      tail: 0,
    };
    append(lane, entry);
    this.#lanes.set(key, lane);
    return lane.summary;
  }

  async queue(entry: Parameters<LaneStore['queue']>[0]): Promise<'queued' | 'closed'> {
    const lane = this.#lanes.get(keyOf(entry));
    if (!lane) return 'closed';
    append(lane, { ...entry, cause: null });
    return 'queued';
  }

  async oldest(query: Parameters<LaneStore['oldest']>[0]): Promise<readonly LaneEntry[]> {
    const lane = this.#lanes.get(keyOf(query));
    return structuredClone(lane?.entries.slice(0, query.limit) ?? []);
  }

  async remove(entry: LaneEntry): Promise<void> {
    const key = keyOf(entry);
    const lane = this.#lanes.get(key);
    if (!lane) return;
    lane.entries = lane.entries.filter((other) => !isSame(other, entry));
    if (lane.entries.length === 0) this.#lanes.delete(key);
  }

  async blame(entry: LaneEntry, cause: Parameters<LaneStore['blame']>[1]): Promise<void> {
    const lane = this.#lanes.get(keyOf(entry));
    if (!lane?.entries.some((other) => isSame(other, entry))) return;
    lane.entries = lane.entries.map((other) =>
      isSame(other, entry) ? { ...other, cause } : other,
    );
    lane.summary = laneSummary({ ...entry, cause }, lane.summary.parkedAt);
  }

  async list(query: Parameters<LaneStore['list']>[0]): Promise<readonly LaneSummary[]> {
    const opened = ({ parkedAt, run }: LaneSummary): string => `${parkedAt}#${run}`;
    return [...this.#lanes.values()]
      .map(({ summary }) => summary)
      .filter(({ consumer }) => consumer === query.consumer)
      .sort((a, b) => (opened(a) < opened(b) ? -1 : 1))
      .slice(0, query.limit);
  }
}

const keyOf = ({ consumer, run }: Pick<LaneEntry, 'consumer' | 'run'>): string =>
  `${consumer}\n${run}`;

const isSame = (a: LaneEntry, b: LaneEntry): boolean =>
  a.position === b.position && a.event.id === b.event.id;

function append(lane: Lane, entry: Omit<LaneEntry, 'position'>): void {
  const { event } = entry;
  const text = boundedJson(`event ${event.type}`, event, EVENT_MAX_BYTES);
  if (lane.entries.some((other) => other.event.id === event.id)) return;
  lane.tail += 1;
  const stored: SignalboxEvent = JSON.parse(text);
  lane.entries.push({ ...entry, event: stored, position: lane.tail });
}

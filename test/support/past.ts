/** A past to replay: an archive in memory, and an archiver that is as far as a test says. */
import { MemoryCheckpoints } from '#runtime/adapters/memory/checkpoints.ts';
import { MemoryReplayLedger } from '#runtime/adapters/memory/replay-ledger.ts';
import { VirtualSystem } from '#runtime/adapters/memory/virtual-system.ts';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import { PLATFORM_NAMES } from '#runtime/contracts/names.ts';
import type { ReplayOrder } from '#runtime/contracts/replay.ts';
import { archiveKey } from '#runtime/core/archive-key.ts';
import { newReplay } from '#runtime/core/replay/progress.ts';
import type { Consumer } from '#runtime/lambda/consume-events.ts';
import { type ReplayPorts, replayEvents, type SliceEnd } from '#runtime/lambda/replay-events.ts';
import type { StreamTail } from '#runtime/ports.ts';

const SHARD = 'shardId-000000000000';
/** A minute after the end of what is replayed if a test says nothing else. */
const NOW_MS = Date.UTC(2026, 4, 2, 0, 1);

export class Past {
  readonly system = new VirtualSystem({ startMs: NOW_MS });
  readonly replays = new MemoryReplayLedger();
  /** Records of the stream that the archiver has not come to yet. */
  behind: { readonly sequence: string; readonly arrivedMs: number }[] = [];
  readonly #objects = new Map<string, readonly string[]>();
  #sequence = 0;

  readonly ports: ReplayPorts = {
    system: this.system,
    replays: this.replays,
    checkpoints: new MemoryCheckpoints(),
    tail: this.#tail(),
    archive: {
      keys: async ({ prefix, after = '', limit }) => {
        const keys = [...this.#objects.keys()]
          .filter((key) => key.startsWith(prefix) && key > after)
          .sort();
        return { keys: keys.slice(0, limit), more: keys.length > limit };
      },
      lines: async (key) => this.#objects.get(key) ?? null,
    },
  };

  /** One object of the archive, by the arrival of its first event. */
  archive(events: readonly SignalboxEvent[], arrivedMs = Date.parse(events[0]?.time ?? '')): void {
    this.#sequence += 1;
    const key = archiveKey({ shard: SHARD, sequence: String(this.#sequence), arrivedMs });
    this.#objects.set(
      key,
      events.map((event) => JSON.stringify(event)),
    );
  }

  async order(changes: Partial<ReplayOrder> = {}): Promise<string> {
    const order: ReplayOrder = {
      ...{ consumer: 'router', rate: 1000, hasEffects: false, isDryRun: false },
      ...{ from: '2026-05-01T00:00:00.000Z', to: '2026-05-02T00:00:00.000Z' },
      ...changes,
    };
    const record = newReplay(order, `replay-${this.system.randomId()}`, this.system.now());
    await this.replays.put({ record, expectedRev: null });
    return record.id;
  }

  /** Works on a replay for so long, or until it is done. */
  work(id: string, consumer: Consumer, seconds = 3600): Promise<SliceEnd> {
    const untilMs = this.system.now() + seconds * 1000;
    return this.system.run(replayEvents(this.ports, consumer, id, untilMs));
  }

  #tail(): StreamTail {
    return {
      shards: async () => [SHARD],
      behind: async () => ({ records: this.behind, more: false }),
    };
  }
}

/** Notes the ids of what it was given, in order. */
export function listener(handle: Consumer['handle'] = async () => undefined) {
  const heard: string[] = [];
  const consumer: Consumer = {
    name: PLATFORM_NAMES.routeEvents,
    handle: async (events, context) => {
      await handle(events, context);
      heard.push(...events.map(({ id }) => id));
    },
  };
  return { consumer, heard };
}

/**
 * Lanes in the ledger table.
 *
 * Invariants
 * L1. Head, entry, mark and place in the index change in one transaction: a lane is open exactly while
 *     it holds an entry, so that no event is queued into a lane that a drain has just closed.
 * L2. Who meets another writer reads the head again; a lane has few writers at a time.
 */
import type { TransactWriteItem } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { ThrottledError } from '#runtime/contracts/errors.ts';
import { TABLE_KEY } from '#runtime/contracts/tables.ts';
import {
  type LaneId,
  laneEntries,
  laneEntryKey,
  laneHeadKey,
  laneIndexKey,
  laneIndexPartition,
  laneMarkKey,
  laneSummary,
} from '#runtime/core/consume/lane.ts';
import type { ItemKey } from '#runtime/core/ledger-item.ts';
import { boundedJson, EVENT_MAX_BYTES } from '#runtime/core/limits.ts';
import type { LaneCause, LaneEntry, LaneStore, LaneSummary } from '#runtime/ports.ts';
import { ItemUpdate } from './item-update.ts';
import { refusedConditions } from './refused-conditions.ts';
import { DynamoDbTable, type Item, keyText, recordOf, type TableOptions } from './table.ts';

/** Writers of one lane that may come between before it is called busy. */
const TRIES = 10;

type NewEntry = Omit<LaneEntry, 'position'>;

/** What a lane's head says. */
interface Head {
  readonly summary: LaneSummary;
  /** Position of the newest entry. */
  readonly tail: number;
  /** Entries in the lane. */
  readonly count: number;
}

export class DynamoDbLaneStore implements LaneStore {
  readonly #table: DynamoDbTable;

  constructor(options: TableOptions) {
    this.#table = new DynamoDbTable(options);
  }

  async openOf(
    query: Parameters<LaneStore['openOf']>[0],
  ): Promise<ReadonlyMap<string, LaneSummary>> {
    const { consumer, runs } = query;
    const lanes = runs.map((run) => ({ run, key: laneHeadKey({ consumer, run }) }));
    const keys = lanes.map(({ key }) => key);
    const heads = await this.#table.getAll(keys, { isConsistent: true });
    const open = lanes.flatMap(({ run, key }) => {
      const summary = recordOf<LaneSummary>(heads.get(keyText(key)));
      return summary ? [[run, summary] as const] : [];
    });
    return new Map(open);
  }

  async park(entry: Parameters<LaneStore['park']>[0]): Promise<LaneSummary> {
    let lane = laneSummary(entry, entry.parkedAt);
    const record = JSON.stringify(lane);
    const opening = [
      this.#put(laneHeadKey(entry), { tail: 1, count: 1, record }, IS_NEW),
      ...this.#entry(entry, 1),
      this.#put(laneIndexKey(lane), { record }),
    ];
    await this.#untilSettled(entry, async (head) => {
      if (head === null) return (await refusedConditions(this.#table, opening)) === null;
      lane = head.summary;
      return this.#append(head, entry);
    });
    return lane;
  }

  async queue(entry: Parameters<LaneStore['queue']>[0]): Promise<'queued' | 'closed'> {
    let outcome: 'queued' | 'closed' = 'queued';
    await this.#untilSettled(entry, async (head) => {
      if (head) return this.#append(head, { ...entry, cause: null });
      outcome = 'closed';
      return true;
    });
    return outcome;
  }

  async oldest(query: Parameters<LaneStore['oldest']>[0]): Promise<readonly LaneEntry[]> {
    const items = await this.#table.queryFirst(laneEntries(query), query.limit);
    return items.map((item) => entryOf(query, item));
  }

  remove(entry: LaneEntry): Promise<void> {
    return this.#untilSettled(entry, async (head) => {
      if (!head) return true;
      const refused = await refusedConditions(this.#table, [
        this.#deleteEntry(entry),
        this.#delete(laneMarkKey(entry, entry.event)),
        ...this.#takeOne(entry, head),
      ]);
      return refused === null || refused[0] === true;
    });
  }

  blame(entry: LaneEntry, { code, message }: LaneCause): Promise<void> {
    return this.#untilSettled(entry, async (head) => {
      if (!head) return true;
      const cause = { code, message };
      const summary = laneSummary({ ...entry, cause }, head.summary.parkedAt);
      const record = JSON.stringify(summary);
      const blamed = new ItemUpdate(laneEntryKey(entry, entry.position));
      blamed.set('code', code);
      blamed.set('cause', message);
      blamed.require('event', '=', entry.event.id);
      const told = new ItemUpdate(laneHeadKey(entry));
      told.set('record', record);
      told.require('tail', '>=', entry.position);
      const refused = await refusedConditions(this.#table, [
        this.#update(blamed),
        this.#update(told),
        this.#put(laneIndexKey(summary), { record }),
      ]);
      return refused === null || refused[0] === true;
    });
  }

  async list(query: Parameters<LaneStore['list']>[0]): Promise<readonly LaneSummary[]> {
    const pk = laneIndexPartition(query.consumer);
    const items = await this.#table.queryFirst({ pk }, query.limit);
    return items.flatMap((item) => recordOf<LaneSummary>(item) ?? []);
  }

  /** Shows the lane's head to `change` until that has nothing more to do. */
  async #untilSettled(
    lane: LaneId,
    change: (head: Head | null) => Promise<boolean>,
  ): Promise<void> {
    for (let tries = 1; tries <= TRIES; tries += 1) {
      const head = headOf(await this.#table.get(laneHeadKey(lane)));
      if (await change(head)) return;
    }
    throw new ThrottledError(
      `the lane of run ${lane.run} at ${lane.consumer} was changed by others ${TRIES} times; try again later`,
    );
  }

  /** @returns whether the entry is in the lane now; otherwise the head has changed */
  async #append({ tail }: Head, entry: NewEntry): Promise<boolean> {
    const head = new ItemUpdate(laneHeadKey(entry));
    head.set('tail', tail + 1);
    head.add('count', 1);
    head.require('tail', '=', tail);
    const refused = await refusedConditions(this.#table, [
      this.#update(head),
      ...this.#entry(entry, tail + 1),
    ]);
    const [, , isThere] = refused ?? [];
    return refused === null || isThere === true;
  }

  #entry(entry: NewEntry, position: number): readonly [TransactWriteItem, TransactWriteItem] {
    const { event, cause, parkedAt } = entry;
    const record = boundedJson(`event ${event.type}`, event, EVENT_MAX_BYTES);
    const why = cause && { code: cause.code, cause: cause.message };
    return [
      this.#put(laneEntryKey(entry, position), { event: event.id, record, parkedAt, ...why }),
      this.#put(laneMarkKey(entry, event), {}, IS_NEW),
    ];
  }

  /** Only this event's: where a lane was closed and opened again, another one has the position. */
  #deleteEntry(entry: LaneEntry): TransactWriteItem {
    return this.#delete(laneEntryKey(entry, entry.position), {
      ConditionExpression: '#event = :event',
      ExpressionAttributeNames: { '#event': 'event' },
      ExpressionAttributeValues: marshall({ ':event': entry.event.id }),
    });
  }

  #takeOne(lane: LaneId, { count, summary }: Head): readonly TransactWriteItem[] {
    const key = laneHeadKey(lane);
    if (count > 1) {
      const head = new ItemUpdate(key);
      head.add('count', -1);
      head.require('count', '=', count);
      return [this.#update(head)];
    }
    const isLast = {
      ConditionExpression: '#count = :one',
      ExpressionAttributeNames: { '#count': 'count' },
      ExpressionAttributeValues: marshall({ ':one': 1 }),
    };
    return [this.#delete(key, isLast), this.#delete(laneIndexKey(summary))];
  }

  #put(
    key: ItemKey,
    attributes: Readonly<Record<string, string | number>>,
    condition: Condition = {},
  ): TransactWriteItem {
    const Item = marshall({ ...attributes, ...key });
    return { Put: { TableName: this.#table.name, Item, ...condition } };
  }

  #update({ input }: ItemUpdate): TransactWriteItem {
    const { Key, UpdateExpression, ...condition } = input;
    return { Update: { TableName: this.#table.name, Key, UpdateExpression, ...condition } };
  }

  #delete(key: ItemKey, condition: Condition = {}): TransactWriteItem {
    return { Delete: { TableName: this.#table.name, Key: marshall(key), ...condition } };
  }
}

type Condition = Omit<NonNullable<TransactWriteItem['Delete']>, 'TableName' | 'Key'>;

const IS_NEW: Condition = {
  ConditionExpression: `attribute_not_exists(${TABLE_KEY.partition})`,
};

function headOf(item: Item | null): Head | null {
  const summary = recordOf<LaneSummary>(item);
  if (item === null || summary === null) return null;
  const { tail, count } = unmarshall(item);
  return { summary, tail, count };
}

function entryOf({ consumer, run }: LaneId, item: Item): LaneEntry {
  const { sk, record, parkedAt, code, cause: message } = unmarshall(item);
  return {
    consumer,
    run,
    position: Number(String(sk).split('#').at(-1)),
    event: JSON.parse(record),
    cause: code === undefined ? null : { code, message },
    parkedAt,
  };
}

import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import type { QuotaKey, QuotaRecord } from '#runtime/contracts/quota.ts';
import { TABLE_KEY } from '#runtime/contracts/tables.ts';
import {
  type LineNumbers,
  numbersToWrite,
  quotaKey,
  quotaPartition,
  quotaText,
  recordFrom,
} from '#runtime/core/quota-item.ts';
import { pushedBy } from '#runtime/core/quota-line.ts';
import type { LineTake, Put, QuotaLedger, QuotaTake } from '#runtime/ports.ts';
import { ItemUpdate } from './item-update.ts';
import { DynamoDbTable, type Item, keyText, type TableOptions } from './table.ts';

/**
 * Buckets in the limits table, one item each. A take that the transport sends twice may take two
 * places: the first one is never used.
 */
export class DynamoDbQuotaLedger implements QuotaLedger {
  readonly #table: DynamoDbTable;

  constructor(options: TableOptions) {
    this.#table = new DynamoDbTable(options);
  }

  async read(keys: readonly QuotaKey[]): Promise<readonly (QuotaRecord | null)[]> {
    const wanted = keys.map(quotaKey);
    const found = await this.#table.getAll(wanted, { isConsistent: true });
    return wanted.map((key) => {
      const item = found.get(keyText(key));
      return item ? toRecord(item) : null;
    });
  }

  async list(quotas: readonly string[]): Promise<readonly QuotaRecord[]> {
    const found = await Promise.all(
      [...new Set(quotas)].sort().map((quota) =>
        this.#table.queryAll({
          KeyConditionExpression: `${TABLE_KEY.partition} = :pk`,
          ExpressionAttributeValues: marshall({ ':pk': quotaPartition(quota) }),
          ConsistentRead: true,
        }),
      ),
    );
    return found.flat().map(toRecord);
  }

  async take(take: QuotaTake) {
    const update = new ItemUpdate(quotaKey(take));
    update.require('ver', '=', take.ver);
    takeFrom(update, REQUESTS, take.requests, { ...take, returned: 0 });
    if (take.tokens) {
      takeFrom(update, TOKENS, take.tokens, { ...take, returned: take.returnedTokens ?? 0 });
    }
    update.add(`${TAKEN_BY}${take.workflow}`, take.requests.cost);
    if (take.callMs !== undefined) update.set('callMs', take.callMs);
    const result = await this.#table.update(update.input);
    return result.kind === 'updated'
      ? ({ kind: 'taken', record: toRecord(result.item) } as const)
      : ({ kind: 'conflict', current: result.item && toRecord(result.item) } as const);
  }

  async change(change: {
    readonly record: QuotaRecord;
    readonly before: QuotaRecord | null;
  }): Promise<Put<QuotaRecord>> {
    const { record, before } = change;
    const mark = this.#table.newMark();
    const update = new ItemUpdate(quotaKey(record));
    if (before) update.require('ver', '=', before.ver);
    else update.requireNone();
    update.set('record', quotaText(record, before));
    update.set('ver', record.ver);
    update.set('mark', mark);
    const { requests, tokens } = numbersToWrite(record, before);
    if (requests) setLine(update, REQUESTS, requests);
    if (tokens) setLine(update, TOKENS, tokens);
    const result = await this.#table.update(update.input);
    if (result.kind === 'updated' || result.item?.mark?.S === mark) return { kind: 'written' };
    return { kind: 'conflict', current: result.item && toRecord(result.item) };
  }
}

/** The attributes of each line's numbers. */
type LineAttributes = Readonly<Record<keyof LineNumbers, string>>;
const REQUESTS: LineAttributes = { next: 'next', pushed: 'pushed', fastNext: 'fastNext' };
const TOKENS: LineAttributes = {
  next: 'tokenNext',
  pushed: 'tokenPushed',
  fastNext: 'tokenFastNext',
};

/** Begins the attribute that counts a workflow's calls. */
const TAKEN_BY = 'taken#';

function takeFrom(
  update: ItemUpdate,
  attributes: LineAttributes,
  { cost, guess, clock, last }: LineTake,
  { lane, returned }: Pick<QuotaTake, 'lane'> & { readonly returned: number },
): void {
  const next = lane === 'fast' ? attributes.fastNext : attributes.next;
  if (guess === 'busy') {
    update.require(next, '>=', clock);
    update.require(next, '<=', last);
    update.add(next, cost - returned);
  } else {
    update.require(next, '<', clock);
    update.set(next, clock + cost - returned);
  }
  if (lane === 'fast') update.add(attributes.pushed, pushedBy(cost, returned));
}

function setLine(update: ItemUpdate, attributes: LineAttributes, numbers: LineNumbers): void {
  update.set(attributes.next, numbers.next);
  update.set(attributes.pushed, numbers.pushed);
  update.set(attributes.fastNext, numbers.fastNext);
}

function toRecord(item: Item): QuotaRecord {
  const attributes = unmarshall(item);
  const line = ({ next, pushed, fastNext }: LineAttributes): LineNumbers => ({
    next: Number(attributes[next]),
    pushed: Number(attributes[pushed]),
    fastNext: Number(attributes[fastNext]),
  });
  const takenBy = Object.entries(attributes).flatMap(([name, count]) =>
    name.startsWith(TAKEN_BY) ? [[name.slice(TAKEN_BY.length), Number(count)] as const] : [],
  );
  return recordFrom(String(attributes.record), {
    requests: line(REQUESTS),
    tokens: line(TOKENS),
    takenBy: Object.fromEntries(takenBy),
    ...(attributes.callMs !== undefined && { callMs: Number(attributes.callMs) }),
  });
}

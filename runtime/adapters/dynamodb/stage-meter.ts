import { marshall } from '@aws-sdk/util-dynamodb';
import type { MeterSample } from '#runtime/contracts/fleet.ts';
import { TABLE_KEY, TTL_ATTRIBUTE } from '#runtime/contracts/tables.ts';
import {
  inReadingOrder,
  METER_PARTITION,
  meterBound,
  meterExpiry,
  meterKey,
} from '#runtime/core/meter-item.ts';
import type { StageMeter } from '#runtime/ports.ts';
import { DynamoDbTable, recordOf, type TableOptions } from './table.ts';

/** Samples of the stages in the limits table, by the time at which they were read. */
export class DynamoDbStageMeter implements StageMeter {
  readonly #table: DynamoDbTable;

  constructor(options: TableOptions) {
    this.#table = new DynamoDbTable(options);
  }

  async add(sample: MeterSample): Promise<void> {
    const item = {
      ...meterKey(sample),
      record: JSON.stringify(sample),
      [TTL_ATTRIBUTE]: meterExpiry(sample),
    };
    await this.#table.putAll([marshall(item)]);
  }

  async since(atMs: number): Promise<readonly MeterSample[]> {
    const items = await this.#table.queryAll({
      KeyConditionExpression: `${TABLE_KEY.partition} = :pk AND ${TABLE_KEY.sort} > :from`,
      ExpressionAttributeValues: marshall({ ':pk': METER_PARTITION, ':from': meterBound(atMs) }),
    });
    return inReadingOrder(items.flatMap((item) => recordOf<MeterSample>(item) ?? []));
  }
}

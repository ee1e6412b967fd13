import type { UpdateItemCommandInput } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { TABLE_KEY } from '#runtime/contracts/tables.ts';
import {
  CHECKPOINT_PARTITION,
  checkpointKey,
  sortableSequence,
} from '#runtime/core/consume/checkpoint.ts';
import type { Checkpoint, Checkpoints } from '#runtime/ports.ts';
import { DynamoDbTable, type Item, type TableOptions } from './table.ts';

const COUNTS = 'ADD handled :handled, parked :parked';
const PLACE = ['place', 'consumer', 'shard', 'sequence', 'arrivedMs', 'atMs'] as const;

/** Checkpoints in the ledger table: one item a consumer and shard. */
export class DynamoDbCheckpoints implements Checkpoints {
  readonly #table: DynamoDbTable;

  constructor(options: TableOptions) {
    this.#table = new DynamoDbTable(options);
  }

  async put(put: Parameters<Checkpoints['put']>[0]): Promise<void> {
    const { addHandled, addParked, sequence } = put;
    const counts = { ':handled': addHandled, ':parked': addParked };
    const place = { ...put, place: sortableSequence(sequence) };
    const moved = await this.#update(put, {
      UpdateExpression: `SET ${PLACE.map((name) => `#${name} = :${name}`).join(', ')} ${COUNTS}`,
      ConditionExpression: 'attribute_not_exists(#place) OR #place < :place',
      ExpressionAttributeNames: Object.fromEntries(PLACE.map((name) => [`#${name}`, name])),
      ExpressionAttributeValues: marshall({
        ...counts,
        ...Object.fromEntries(PLACE.map((name) => [`:${name}`, place[name]])),
      }),
    });
    if (moved) return;
    await this.#update(put, {
      UpdateExpression: COUNTS,
      ExpressionAttributeValues: marshall(counts),
    });
  }

  async list(): Promise<readonly Checkpoint[]> {
    const items = await this.#table.queryAll({
      KeyConditionExpression: `${TABLE_KEY.partition} = :pk`,
      ExpressionAttributeValues: marshall({ ':pk': CHECKPOINT_PARTITION }),
      ConsistentRead: true,
    });
    return items.map(checkpointOf);
  }

  async #update(
    of: Pick<Checkpoint, 'consumer' | 'shard'>,
    input: Omit<UpdateItemCommandInput, 'TableName' | 'Key'>,
  ): Promise<boolean> {
    const { kind } = await this.#table.update({ Key: marshall(checkpointKey(of)), ...input });
    return kind === 'updated';
  }
}

function checkpointOf(item: Item): Checkpoint {
  const { consumer, shard, sequence, arrivedMs, atMs, handled, parked } = unmarshall(item);
  return { consumer, shard, sequence, arrivedMs, atMs, handled, parked };
}

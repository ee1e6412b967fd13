import { TransactionCanceledException, type TransactWriteItem } from '@aws-sdk/client-dynamodb';
import type { DynamoDbTable } from './table.ts';

/**
 * Writes all or nothing.
 * @returns `null` when all is written, otherwise of which items the condition did not hold.
 */
export async function refusedConditions(
  table: DynamoDbTable,
  items: readonly TransactWriteItem[],
): Promise<readonly boolean[] | null> {
  try {
    await table.transact(items);
    return null;
  } catch (error) {
    if (!(error instanceof TransactionCanceledException)) throw error;
    const reasons = error.CancellationReasons ?? [];
    const refused = reasons.map(({ Code: code }) => code === 'ConditionalCheckFailed');
    if (!refused.includes(true)) throw error;
    return refused;
  }
}

import { type CancellationReason, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { CallRecord } from '#runtime/contracts/ledger.ts';
import { callKey, recordText, stepKey } from '#runtime/core/ledger-item.ts';
import type { CallLedger, Put, StepKey } from '#runtime/ports.ts';
import { DynamoDbTable, putOutcome, recordOf, type TableOptions } from './table.ts';

/**
 * Calls in the ledger table. One transaction checks the step's fence and writes the call (R5), so a
 * holder that has lost the step, or has ended its attempt, leaves no trace.
 */
export class DynamoDbCallLedger implements CallLedger {
  readonly #table: DynamoDbTable;

  constructor(options: TableOptions) {
    this.#table = new DynamoDbTable(options);
  }

  async read(key: StepKey & { readonly call: string }): Promise<CallRecord | null> {
    return recordOf<CallRecord>(await this.#table.get(callKey(key)));
  }

  async list(calls: StepKey & { readonly prefix?: string }): Promise<readonly CallRecord[]> {
    const { run, path, prefix = '' } = calls;
    const items = await this.#table.queryUnder(callKey({ run, path, call: prefix }));
    return items.flatMap((item) => recordOf<CallRecord>(item) ?? []);
  }

  async put(write: {
    readonly record: CallRecord;
    readonly expectedRev: number | null;
  }): Promise<Put<CallRecord> | { readonly kind: 'fenced' }> {
    const { record, expectedRev } = write;
    const key = callKey(record);
    const mark = this.#table.newMark();
    const put = this.#table.putInput(
      {
        key,
        rev: record.rev,
        expectedRev,
        text: recordText(key, record, expectedRev),
        attributes: {},
      },
      mark,
    );
    try {
      await this.#table.transact([{ ConditionCheck: this.#holdsStep(record) }, { Put: put }]);
      return { kind: 'written' };
    } catch (error) {
      if (!(error instanceof TransactionCanceledException)) throw error;
      const [step, call] = error.CancellationReasons ?? [];
      if (isRefused(step)) return { kind: 'fenced' };
      if (isRefused(call)) return putOutcome<CallRecord>(call?.Item ?? null, mark);
      throw error;
    }
  }

  /** True of a step whose newest fence is the writer's, while no outcome of that fence is recorded. */
  #holdsStep({ run, path, fence }: CallRecord) {
    return {
      TableName: this.#table.name,
      Key: marshall(stepKey({ run, path })),
      ConditionExpression: 'fence = :fence AND endedFence <> :fence',
      ExpressionAttributeValues: marshall({ ':fence': fence }),
    };
  }
}

const isRefused = (reason: CancellationReason | undefined): boolean =>
  reason?.Code === 'ConditionalCheckFailed';

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, test } from 'vitest';
import { DynamoDbCallLedger } from '#runtime/adapters/dynamodb/call-ledger.ts';
import { DynamoDbRunLedger } from '#runtime/adapters/dynamodb/run-ledger.ts';
import { DynamoDbStepLedger } from '#runtime/adapters/dynamodb/step-ledger.ts';
import type { Item } from '#runtime/adapters/dynamodb/table.ts';
import { stepKey } from '#runtime/core/ledger-item.ts';
import { sampleCall, sampleRun, sampleStep } from '../../conformance/samples.ts';
import { type FakeAnswer, fakeAws, hastySystem } from '../../support/fake-aws.ts';

/** A ledger's options over a table that answers as told. */
function tableThat<I>(answer: (input: I, operation: string) => FakeAnswer) {
  const { options, requests } = fakeAws(answer);
  const system = hastySystem();
  return { client: new DynamoDBClient(options), tableName: 'ledger', system, requests };
}

const storedStep = (path: string): Item =>
  marshall({
    ...stepKey({ run: 'r', path }),
    record: JSON.stringify(sampleStep('r', 1, { path })),
  });

const refusedPut = (item?: Item): FakeAnswer => ({
  error: 'ConditionalCheckFailedException',
  ...(item && { body: { Item: item } }),
});

describe('DynamoDbStepLedger.read', () => {
  interface BatchGet {
    readonly RequestItems: { readonly ledger: { readonly Keys: readonly Item[] } };
  }
  const paths = ['a', 'b', 'c', 'd'];
  const steps = paths.map((path) => ({ run: 'r', path }));

  /** Answers the first `served` keys of each request, and leaves the others unprocessed. */
  const serving = (served: number) =>
    tableThat<BatchGet>(({ RequestItems: { ledger } }) => {
      const keys = ledger.Keys;
      const items = keys.slice(0, served).map((key) => storedStep(key.sk?.S?.slice(5) ?? ''));
      const left = keys.slice(served);
      const unprocessed = left.length > 0 ? { ledger: { Keys: left } } : {};
      return { body: { Responses: { ledger: items }, UnprocessedKeys: unprocessed } };
    });

  test('asks again for keys that were left unprocessed, and for those only', async () => {
    const table = serving(3);
    const answer = await new DynamoDbStepLedger(table).read({ steps, runs: [] });
    expect(answer.steps.map((step) => step?.path)).toEqual(paths);
    expect(table.requests.map(({ RequestItems: { ledger } }) => ledger.Keys.length)).toEqual([
      4, 1,
    ]);
  });

  test('throws when keys stay unprocessed, after waits that grow up to a second', async () => {
    const table = serving(0);
    const read = new DynamoDbStepLedger(table).read({ steps, runs: [] });
    await expect(read).rejects.toMatchObject({ code: 'THROTTLED' });
    expect(table.requests).toHaveLength(8);
    expect(table.system.slept).toEqual([24, 49, 99, 199, 399, 799, 999]);
  });

  test('asks once for a step that is asked for twice', async () => {
    const table = serving(9);
    const answer = await new DynamoDbStepLedger(table).read({
      steps: [...steps, ...steps],
      runs: ['r', 'r'],
    });
    expect(answer.steps).toHaveLength(8);
    expect(table.requests[0]?.RequestItems.ledger.Keys).toHaveLength(5);
  });
});

describe('DynamoDbRunLedger.put', () => {
  interface PutItem {
    readonly Item: Item;
  }

  test('answers written when the put arrived, its answer was lost, and transport sent it again', async () => {
    let stored: Item | null = null;
    const table = tableThat<PutItem>(({ Item: item }) => {
      if (stored) return refusedPut(stored);
      stored = item;
      return 'lost';
    });
    const put = { record: sampleRun('r', 1), expectedRev: null };
    expect(await new DynamoDbRunLedger(table).put(put)).toEqual({ kind: 'written' });
    expect(table.requests).toHaveLength(2);
  });

  test('answers conflict when another put of the same content is there', async () => {
    const record = sampleRun('r', 1);
    const other = marshall({ rev: 1, mark: 'another', record: JSON.stringify(record) });
    const table = tableThat<PutItem>(() => refusedPut(other));
    expect(await new DynamoDbRunLedger(table).put({ record, expectedRev: null })).toEqual({
      kind: 'conflict',
      current: record,
    });
  });

  test('waits while a transaction holds the item', async () => {
    let busy = 2;
    const table = tableThat<PutItem>(() => {
      busy -= 1;
      return busy >= 0 ? { error: 'TransactionConflictException' } : { body: {} };
    });
    const put = { record: sampleRun('r', 1), expectedRev: null };
    expect(await new DynamoDbRunLedger(table).put(put)).toEqual({ kind: 'written' });
    expect(table.system.slept).toEqual([24, 49]);
  });

  test('throws at once for an error that waiting does not mend', async () => {
    const table = tableThat<PutItem>(() => ({ error: 'ResourceNotFoundException' }));
    const put = new DynamoDbRunLedger(table).put({ record: sampleRun('r', 1), expectedRev: null });
    await expect(put).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    expect(table.system.slept).toEqual([]);
  });
});

describe('DynamoDbCallLedger.put', () => {
  const canceled = (step: string, call: string, item?: Item): FakeAnswer => ({
    error: 'TransactionCanceledException',
    body: { CancellationReasons: [{ Code: step }, { Code: call, ...(item && { Item: item }) }] },
  });
  const put = { record: sampleCall('r', 1), expectedRev: null };
  const REFUSED = 'ConditionalCheckFailed';

  test('answers fenced when the step is not the writer’s any more, whatever else is true (R5)', async () => {
    for (const call of ['None', REFUSED, 'TransactionConflict']) {
      const table = tableThat(() => canceled(REFUSED, call));
      expect(await new DynamoDbCallLedger(table).put(put)).toEqual({ kind: 'fenced' });
    }
  });

  test('answers conflict with the call that the transaction met', async () => {
    const current = sampleCall('r', 3, { state: 'succeeded', result: 1 });
    const item = marshall({ rev: 3, mark: 'another', record: JSON.stringify(current) });
    const table = tableThat(() => canceled('None', REFUSED, item));
    expect(await new DynamoDbCallLedger(table).put(put)).toEqual({ kind: 'conflict', current });
  });

  test('tries again while other transactions are in the way', async () => {
    let busy = 3;
    const table = tableThat(() => {
      busy -= 1;
      return busy >= 0 ? canceled('TransactionConflict', 'None') : { body: {} };
    });
    expect(await new DynamoDbCallLedger(table).put(put)).toEqual({ kind: 'written' });
    expect(table.system.slept).toHaveLength(3);
  });

  test('throws when other transactions stay in the way', async () => {
    const table = tableThat(() => canceled('None', 'TransactionConflict'));
    const written = new DynamoDbCallLedger(table).put(put);
    await expect(written).rejects.toMatchObject({ code: 'THROTTLED' });
    expect(table.requests).toHaveLength(8);
  });

  test('throws for a transaction that was canceled for another reason', async () => {
    const table = tableThat(() => canceled('None', 'ItemCollectionSizeLimitExceeded'));
    const written = new DynamoDbCallLedger(table).put(put);
    await expect(written).rejects.toMatchObject({ name: 'TransactionCanceledException' });
  });
});

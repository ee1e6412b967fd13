import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, test } from 'vitest';
import { DynamoDbReadModelReader } from '#runtime/adapters/dynamodb/read-model-reader.ts';
import { DynamoDbReadModelWriter } from '#runtime/adapters/dynamodb/read-model-writer.ts';
import type { Item } from '#runtime/adapters/dynamodb/table.ts';
import { mergeListings } from '#runtime/core/listing.ts';
import { eventProjection, sampleListing } from '../../conformance/samples.ts';
import { type FakeAnswer, fakeAws, hastySystem } from '../../support/fake-aws.ts';

function tableThat<I>(answer: (input: I, operation: string) => FakeAnswer) {
  const { options, requests } = fakeAws(answer);
  const system = hastySystem();
  return { client: new DynamoDBClient(options), tableName: 'model', system, requests };
}

describe('DynamoDbReadModelWriter.apply', () => {
  interface BatchWrite {
    readonly RequestItems: { readonly model: readonly unknown[] };
  }
  const events = Array.from({ length: 30 }, (_, n) => eventProjection('r', n));

  test('writes in batches of 25, and again what was left unprocessed', async () => {
    let isFirst = true;
    const table = tableThat<BatchWrite>(({ RequestItems: { model } }) => {
      const left = isFirst ? model.slice(20) : [];
      isFirst = false;
      return { body: { UnprocessedItems: left.length > 0 ? { model: left } : {} } };
    });
    await new DynamoDbReadModelWriter(table).apply(events);
    const sizes = table.requests.map(({ RequestItems: { model } }) => model.length);
    expect(sizes.toSorted()).toEqual([25, 5, 5].toSorted());
  });

  test('throws when items stay unprocessed: the batch is applied again (R11)', async () => {
    const table = tableThat<BatchWrite>(({ RequestItems }) => ({
      body: { UnprocessedItems: RequestItems },
    }));
    const applied = new DynamoDbReadModelWriter(table).apply(events.slice(0, 1));
    await expect(applied).rejects.toMatchObject({ code: 'THROTTLED' });
  });

  test('writes an event once that stands twice in a batch', async () => {
    const table = tableThat<BatchWrite>(() => ({ body: {} }));
    await new DynamoDbReadModelWriter(table).apply([...events.slice(0, 2), ...events.slice(0, 2)]);
    expect(table.requests.map(({ RequestItems: { model } }) => model.length)).toEqual([2]);
  });

  test('merges again into what another projector wrote in between', async () => {
    const mine = sampleListing('r', { startedAt: '2026-05-01T12:00:01.000Z' });
    const theirs = sampleListing('r', { acceptedAt: '2026-05-01T12:00:00.000Z' });
    let stored: Item | null = null;
    const put = (item: Item): FakeAnswer => {
      if (stored !== null) {
        stored = item;
        return { body: {} };
      }
      stored = marshall({ rev: 1, mark: 'theirs', record: JSON.stringify(theirs) });
      return { error: 'ConditionalCheckFailedException', body: { Item: stored } };
    };
    const table = tableThat<{ Item: Item }>(({ Item: item }, operation) =>
      operation === 'PutItem' ? put(item) : { body: stored ? { Item: stored } : {} },
    );
    await new DynamoDbReadModelWriter(table).apply([{ kind: 'listing', listing: mine }]);
    expect(await new DynamoDbReadModelReader(table).listing('r')).toEqual(
      mergeListings(mine, theirs),
    );
  });
});

describe('DynamoDbReadModelReader.list', () => {
  interface Request {
    readonly Limit: number;
    readonly ExpressionAttributeValues: Item;
    readonly ExclusiveStartKey?: Item;
    readonly RequestItems: { readonly model: { readonly Keys: readonly Item[] } };
  }
  const filter = { tenant: 'default', tag: { key: 'color', value: 'red' }, workflow: 'support' };

  /** 1,500 index entries, newest first; only the oldest run fits the filter. */
  const entries = Array.from({ length: 1500 }, (_, i) =>
    marshall({ pk: `r${i}`, acceptedKey: `2026-05-01T12:00:00.000Z#${9999 - i}` }),
  );
  const keyOf = (entry: Item | undefined): string => entry?.acceptedKey?.S ?? '';

  const queryPage = ({ Limit: limit, ...request }: Request) => {
    const last = keyOf({ acceptedKey: request.ExpressionAttributeValues[':last'] ?? { S: '' } });
    const start = request.ExclusiveStartKey && keyOf(request.ExclusiveStartKey);
    const left = entries.filter(
      (entry) => keyOf(entry) <= last && (start === undefined || keyOf(entry) < start),
    );
    const page = left.slice(0, limit);
    return { Items: page, ...(left.length > limit && { LastEvaluatedKey: page.at(-1) }) };
  };
  const listingOf = ({ pk }: Item) => {
    const run = pk?.S ?? '';
    const listing = sampleListing(run, {
      acceptedAt: '2026-05-01T12:00:00.000Z',
      tags: { color: 'red' },
      workflow: run === 'r1499' ? 'support' : 'research',
    });
    return marshall({ pk: run, sk: 'run', record: JSON.stringify(listing) });
  };

  test('gives a short page and a cursor after a thousand runs looked at, and goes on from there', async () => {
    const table = tableThat<Request>((request, operation) => ({
      body:
        operation === 'Query'
          ? queryPage(request)
          : { Responses: { model: request.RequestItems.model.Keys.map(listingOf) } },
    }));
    const reader = new DynamoDbReadModelReader(table);
    const first = await reader.list({ filter, limit: 10 });
    expect(first.runs).toEqual([]);
    const second = await reader.list({ filter, limit: 10, cursor: first.next ?? '' });
    expect(second.runs.map(({ run }) => run)).toEqual(['r1499']);
    expect(second.next).toBeUndefined();
  });
});

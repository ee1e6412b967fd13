/** https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html (StartingPosition) */

import { setTimeout as sleep } from 'node:timers/promises';
import { GetEventSourceMappingCommand } from '@aws-sdk/client-lambda';
import { expect } from 'vitest';
import { contractTest } from './harness.ts';

const READER = `
import { note } from 'contract:journal';
export const handler = async ({ Records }) => {
  for (const { kinesis } of Records) await note(Buffer.from(kinesis.data, 'base64').toString());
};`;

contractTest(
  'a mapping at TRIM_HORIZON begins with the oldest record',
  async ({ stream, lambdaFunction, mapping, journal, eventually }) => {
    const [events, notes] = await Promise.all([stream(), journal()]);
    const reader = await lambdaFunction(READER, { environment: notes.environment });
    await events.put('a', 'old');
    await mapping(events.arn, reader, { StartingPosition: 'TRIM_HORIZON' });
    await events.put('a', 'new');
    await eventually(async () => {
      expect((await notes.entries()).map(({ entry }) => entry)).toEqual(['old', 'new']);
    }, 'both records');
  },
);

contractTest(
  'a mapping at LATEST begins with what comes after it',
  async ({ stream, lambdaFunction, mapping, journal, eventually }) => {
    const [events, notes] = await Promise.all([stream(), journal()]);
    const reader = await lambdaFunction(READER, { environment: notes.environment });
    await events.put('a', 'old');
    await mapping(events.arn, reader, { StartingPosition: 'LATEST' });
    await eventually(async () => {
      // What comes while a mapping begins may be missed.
      await events.put('a', 'new');
      return (await notes.entries()).length > 0;
    }, 'new record');
    const seen = (await notes.entries()).map(({ entry }) => entry);
    expect(new Set(seen)).toEqual(new Set(['new']));
  },
);

contractTest(
  'a mapping at AT_TIMESTAMP begins with the first record from that time on',
  async ({ clients, stream, lambdaFunction, mapping, journal, eventually }) => {
    const [events, notes] = await Promise.all([stream(), journal()]);
    const reader = await lambdaFunction(READER, { environment: notes.environment });
    await events.put('a', 'before');
    await sleep(1_500);
    // Whole seconds: the SDK sends no more.
    const from = new Date(Math.floor(Date.now() / 1000) * 1000);
    await events.put('a', 'after');
    const id = await mapping(events.arn, reader, {
      StartingPosition: 'AT_TIMESTAMP',
      StartingPositionTimestamp: from,
    });
    await eventually(async () => {
      expect((await notes.entries()).map(({ entry }) => entry)).toEqual(['after']);
    }, 'record after that time');
    const shown = await clients.lambda.send(new GetEventSourceMappingCommand({ UUID: id }));
    expect(shown).toMatchObject({
      StartingPosition: 'AT_TIMESTAMP',
      StartingPositionTimestamp: from,
    });
  },
);

contractTest(
  'a mapping of a stream has the documented defaults',
  async ({ clients, stream, lambdaFunction, mapping }) => {
    const [events, reader] = await Promise.all([
      stream(),
      lambdaFunction('export const handler = async () => {};'),
    ]);
    const id = await mapping(events.arn, reader, { StartingPosition: 'LATEST' });
    const shown = await clients.lambda.send(new GetEventSourceMappingCommand({ UUID: id }));
    expect(shown).toMatchObject({
      BatchSize: 100,
      BisectBatchOnFunctionError: false,
      MaximumRecordAgeInSeconds: -1,
      MaximumRetryAttempts: -1,
      ParallelizationFactor: 1,
    });
  },
);

/**
 * https://docs.aws.amazon.com/lambda/latest/api/API_UpdateEventSourceMapping.html
 * https://docs.aws.amazon.com/lambda/latest/api/API_DeleteEventSourceMapping.html
 */

import { setTimeout as sleep } from 'node:timers/promises';
import {
  DeleteEventSourceMappingCommand,
  GetEventSourceMappingCommand,
  type LambdaClient,
  UpdateEventSourceMappingCommand,
  type UpdateEventSourceMappingCommandInput,
} from '@aws-sdk/client-lambda';
import { expect } from 'vitest';
import { contractTest } from './harness.ts';

/** Notes the texts of a batch and throws when one of them is "bad". */
const PICKY = `
import { note } from 'contract:journal';
export const handler = async ({ Records }) => {
  const texts = Records.map(({ kinesis }) => Buffer.from(kinesis.data, 'base64').toString());
  await note(texts);
  if (texts.includes('bad')) throw new Error('bad');
};`;

contractTest(
  'a disabled mapping invokes no more, and goes on where it was when it is enabled',
  async ({ clients, stream, lambdaFunction, mapping, journal, eventually }) => {
    const [events, notes] = await Promise.all([stream(), journal()]);
    const picky = await lambdaFunction(PICKY, { environment: notes.environment });
    const id = await mapping(events.arn, picky, { StartingPosition: 'TRIM_HORIZON' });
    const turn = async (state: 'Enabled' | 'Disabled') => {
      await update(clients.lambda, { UUID: id, Enabled: state === 'Enabled' });
      await eventually(async () => (await stateOf(clients.lambda, id)) === state, state);
    };
    await events.put('a', 'first');
    await eventually(async () => (await notes.entries()).length === 1, 'first record');
    await turn('Disabled');
    await events.put('a', 'second');
    await sleep(1_500);
    expect(await notes.entries()).toHaveLength(1);
    await turn('Enabled');
    await eventually(async () => {
      expect((await notes.entries()).map(({ entry }) => entry)).toEqual([['first'], ['second']]);
    }, 'second record');
  },
);

contractTest(
  'a deleted mapping invokes no more, also in the midst of retries',
  async ({ clients, stream, lambdaFunction, mapping, journal, eventually }) => {
    const [events, notes] = await Promise.all([stream(), journal()]);
    const picky = await lambdaFunction(PICKY, { environment: notes.environment });
    await events.put('a', 'bad');
    const id = await mapping(events.arn, picky, { StartingPosition: 'TRIM_HORIZON' });
    await eventually(async () => (await notes.entries()).length >= 2, 'first retry');
    await clients.lambda.send(new DeleteEventSourceMappingCommand({ UUID: id }));
    await eventually(async () => (await stateOf(clients.lambda, id)) === null, 'removal');
    const then = (await notes.entries()).length;
    await sleep(3_000);
    expect(await notes.entries()).toHaveLength(then);
  },
);

contractTest(
  'an update of a mapping holds for a batch that is being retried',
  async ({ clients, stream, lambdaFunction, mapping, journal, eventually }) => {
    const [events, notes] = await Promise.all([stream(), journal()]);
    const picky = await lambdaFunction(PICKY, { environment: notes.environment });
    for (const text of ['bad', 'good']) await events.put('a', text);
    const id = await mapping(events.arn, picky, {
      StartingPosition: 'TRIM_HORIZON',
      BatchSize: 1,
    });
    await eventually(async () => (await notes.entries()).length >= 3, 'second retry');
    await update(clients.lambda, { UUID: id, MaximumRetryAttempts: 1 });
    await eventually(async () => {
      expect((await notes.entries()).at(-1)?.entry).toEqual(['good']);
    }, 'record behind the bad one');
  },
);

/** While a mapping changes, AWS takes no other change. */
const update = (lambda: LambdaClient, change: UpdateEventSourceMappingCommandInput) =>
  lambda.send(new UpdateEventSourceMappingCommand(change));

/** `null` when there is no such mapping. */
const stateOf = (lambda: LambdaClient, id: string): Promise<string | null | undefined> =>
  lambda.send(new GetEventSourceMappingCommand({ UUID: id })).then(
    ({ State }) => State,
    (error) => {
      if (error.name === 'ResourceNotFoundException') return null;
      throw error;
    },
  );

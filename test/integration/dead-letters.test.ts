/** A step that is given up ends its run, can be read about, and goes on with a corrected input. */
import {
  LambdaClient,
  ListEventSourceMappingsCommand,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import { afterAll, describe, expect, test } from 'vitest';
import { deployed, ended, eventually, live } from '../support/live.ts';

describe.skipIf(deployed === null)('dead letters, deployed', () => {
  const { client, send, messagesAt } = live();
  const lambda = new LambdaClient({
    endpoint: deployed?.endpoint ?? '',
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });

  /** Whether the agent's queue is looked at. */
  async function feed(agent: string, isFed: boolean): Promise<void> {
    const { EventSourceMappings: [mapping] = [] } = await lambda.send(
      new ListEventSourceMappingsCommand({ FunctionName: `signalbox-local-${agent}` }),
    );
    await lambda.send(new UpdateEventSourceMappingCommand({ UUID: mapping?.UUID, Enabled: isFed }));
  }

  afterAll(() => feed('identify-intent', true));

  test('R1: a run whose step was given up fails with Agent.DeadLettered; its letter is redriven with a corrected input, and the run succeeds', async () => {
    await feed('identify-intent', false);
    const customerId = crypto.randomUUID();
    const { id } = await client.startRun({
      workflow: 'support',
      input: { query: 'What is a fence?', customerId },
    });
    const isOfRun = (body: string): boolean => body.includes(id);
    const waiting = await eventually(
      () => messagesAt('identify-intent'),
      (bodies) => bodies.some(isOfRun),
    );
    const body = waiting.find(isOfRun) ?? '';
    // What SQS does with a message that nobody could take.
    await send('dead-letters', body);

    const failed = await ended(client, id);
    expect(failed).toMatchObject({ status: 'failed', error: { name: 'Agent.DeadLettered' } });
    const { letters } = await client.deadLetters({ limit: 100 });
    const summary = letters.find(({ run }) => run === id);
    expect(summary).toMatchObject({
      code: 'DEAD_LETTERED',
      path: 'intent',
      attempts: 1,
      starts: 0,
    });
    const letter = await client.deadLetter(summary?.id ?? '');
    expect(JSON.parse(letter.body)).toMatchObject({ input: { query: 'What is a fence?' } });
    expect(letter.body).not.toContain(JSON.parse(body).taskToken);

    await feed('identify-intent', true);
    const redriven = await client.redriveDeadLetter(letter.id, {
      input: { query: 'What is a lease?' },
    });
    expect(redriven).toMatchObject({ id, gen: 1 });
    const again = await ended(client, id);
    expect(again).toMatchObject({ status: 'succeeded', gen: 1 });
    const { events } = await client.events(id);
    expect(events.map(({ type }) => type)).toContain('signalbox.dead_letter.redriven');
  });
});

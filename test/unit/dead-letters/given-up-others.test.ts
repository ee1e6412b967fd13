/** Whatever else arrives in the dead-letter queue is parked with its cause. */
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { checkQueueMessage } from '#runtime/core/queue-message.ts';
import { type Beside, DeadLetterQueue } from '../../support/dead-letter-queue.ts';
import { DoorWorld } from '../../support/door-world.ts';
import { taskMessage } from '../../support/steps.ts';

const RUN = '0123456789abcdefghjkmnpqrs';
const TOKEN = taskMessage().taskToken;

let world: DoorWorld;
let dead: DeadLetterQueue;

beforeEach(() => {
  world = new DoorWorld();
  dead = new DeadLetterQueue(world);
});

async function park(body: string, beside?: Beside) {
  await dead.put(body, beside);
  await dead.run();
  expect(dead.queue.size).toBe(0);
  const [letter, ...more] = world.ledger.parked();
  expect(more).toEqual([]);
  expect(letter?.fingerprint).toMatch(/^[0-9a-f]{32}$/);
  return letter;
}

const statusChange = JSON.stringify({
  id: 'e-1',
  source: 'aws.states',
  'detail-type': 'Step Functions Execution Status Change',
  detail: {
    executionArn: `arn:aws:states:eu-west-1:1:execution:signalbox-test-support:${RUN}-2`,
    name: `${RUN}-2`,
    status: 'SUCCEEDED',
    startDate: 1,
    stopDate: 2,
    output: '{}',
  },
});

const failedBatch = JSON.stringify({
  requestContext: {
    requestId: 'r',
    functionArn: 'arn:aws:lambda:eu-west-1:1:function:signalbox-test-project-events:$LATEST',
    condition: 'RetryAttemptsExhausted',
    approximateInvokeCount: 7,
  },
  version: '1.0',
  timestamp: '2026-01-01T12:00:00.000Z',
  KinesisBatchInfo: {
    shardId: 'shardId-000000000001',
    startSequenceNumber: '4900',
    endSequenceNumber: '4950',
    approximateArrivalOfFirstRecord: '2026-01-01T10:00:00.000Z',
    approximateArrivalOfLastRecord: '2026-01-01T11:00:00Z',
    batchSize: 50,
    streamArn: 'arn:aws:kinesis:eu-west-1:1:stream/signalbox-test-events',
  },
});

describe('a notice in the dead-letter queue', () => {
  test('of a status that its function did not publish names the run, and who finds its end', async () => {
    expect(await park(statusChange, { sourceQueue: 'run-status' })).toMatchObject({
      agent: 'publish-run-status',
      code: 'RUN_STATUS_UNPUBLISHED',
      run: RUN,
      gen: 2,
      cause: expect.stringMatching(/status SUCCEEDED .* received too often .* The reconciler asks/),
      body: statusChange,
    });
  });

  test('of a status that EventBridge could not deliver says why', async () => {
    const attributes = {
      ERROR_CODE: 'NO_PERMISSIONS',
      ERROR_MESSAGE: 'sqs:SendMessage is not allowed',
      RETRY_ATTEMPTS: '185',
    };
    expect(await park(statusChange, { attributes })).toMatchObject({
      code: 'RUN_STATUS_UNPUBLISHED',
      run: RUN,
      cause: expect.stringContaining(
        'NO_PERMISSIONS: sqs:SendMessage is not allowed (retries: 185)',
      ),
    });
  });

  test('of a look at a run that the router could not take names the run, and who makes up for it', async () => {
    const body = JSON.stringify({ run: RUN, dueAtMs: Date.UTC(2026, 0, 1, 12) });
    expect(await park(body, { sourceQueue: 'timers' })).toMatchObject({
      agent: 'route-events',
      code: 'TIMER_GIVEN_UP',
      run: RUN,
      cause: expect.stringMatching(
        /2026-01-01T12:00:00\.000Z, .* The reconciler has the router look/,
      ),
      body,
    });
  });

  test('of any other event that EventBridge could not deliver names its target', async () => {
    const body = JSON.stringify({
      source: 'aws.events',
      'detail-type': 'Scheduled Event',
      detail: {},
    });
    const attributes = {
      ERROR_CODE: 'SDK_CLIENT_ERROR',
      TARGET_ARN: 'arn:aws:lambda:eu-west-1:1:function:signalbox-test-project-events',
    };
    expect(await park(body, { attributes })).toMatchObject({
      agent: 'project-events',
      code: 'EVENT_UNDELIVERED',
      cause: expect.stringContaining('"Scheduled Event" to project-events: SDK_CLIENT_ERROR'),
    });
  });

  test('R4: of events that a consumer gave up says what can be read back, how, and until when', async () => {
    const letter = await park(failedBatch);
    expect(letter).toMatchObject({ agent: 'project-events', code: 'EVENTS_GIVEN_UP' });
    for (const part of [
      'project-events gave up events of shardId-000000000001 (RetryAttemptsExhausted), tries: 7, events: 50',
      'sequence numbers 4900 to 4950',
      'the first one until 2026-01-02T10:00:00.000Z, the last one until 2026-01-02T11:00:00.000Z',
      '--shard-iterator-type AT_SEQUENCE_NUMBER --starting-sequence-number 4900',
    ]) {
      expect(letter?.cause).toContain(part);
    }
  });

  test('has the fingerprint of its like', async () => {
    await dead.put(failedBatch);
    await dead.put(failedBatch.replaceAll('4900', '7100').replaceAll('T10:', 'T09:'));
    await dead.run();
    const letters = world.ledger.parked();
    expect(letters).toHaveLength(2);
    expect(new Set(letters.map(({ fingerprint }) => fingerprint)).size).toBe(1);
  });
});

describe('a message in the dead-letter queue that cannot be read', () => {
  test('is parked under the agent whose queue gave it up, and its task fails', async () => {
    world.tasks.open(TOKEN);
    const body = JSON.stringify({ ...taskMessage(), step: { path: 'answer' } });
    const letter = await park(body, { sourceQueue: 'test-agent' });
    expect(letter).toMatchObject({
      agent: 'test-agent',
      code: 'MESSAGE_INVALID',
      run: 'run-1',
      gen: 0,
      path: 'answer',
      tenant: 'default',
    });
    expect(letter?.body).not.toContain(TOKEN);
    expect(world.tasks.answerTo(TOKEN)).toMatchObject({ kind: 'failed' });
  });

  test('T1: is parked, and its task fails, when no release here reads its schema', async () => {
    world.tasks.open(TOKEN);
    const letter = await park(JSON.stringify({ ...taskMessage(), schemaVersion: 99 }));
    expect(letter?.cause).toContain('schemaVersion 99');
    expect(world.tasks.answerTo(TOKEN)).toMatchObject({ kind: 'failed' });
  });

  test('is parked, and its task fails, when its input is nested too deep', async () => {
    world.tasks.open(TOKEN);
    const deep = '['.repeat(50_000) + ']'.repeat(50_000);
    const body = JSON.stringify(taskMessage()).replace('{"query":"why?"}', deep);
    const letter = await park(body);
    expect(letter).toMatchObject({
      cause: expect.stringContaining('nested too deep'),
      run: 'run-1',
    });
    expect(world.tasks.answerTo(TOKEN)).toMatchObject({ kind: 'failed' });
  });

  test('is parked however long what can be read of it is', async () => {
    const body = JSON.stringify({ ...taskMessage(), step: { path: 'a'.repeat(500_000) } });
    expect(await park(body)).not.toHaveProperty('path');
  });

  test.each([
    ['no JSON', 'hello'],
    ['null', 'null'],
    ['prototype keys', '{"__proto__":{"detail":1},"constructor":{"KinesisBatchInfo":1}}'],
    ['half a notice', '{"KinesisBatchInfo":{"shardId":"x"}}'],
    ['half a status', '{"detail":{"name":7}}'],
    ['a broken surrogate', '"\\ud800"'],
    ['line ends', '\n'.repeat(70_000)],
    ['a wrong time', failedBatch.replace('2026-01-01T10:00:00.000Z', 'yesterday')],
  ])('is parked whatever it is: %s', async (_name, body) => {
    expect(await park(body)).toMatchObject({ agent: 'dead-letters', code: 'MESSAGE_INVALID' });
  });

  test('R1: is parked whatever it is: any JSON, and any text', async () => {
    const anything = fc
      .oneof(fc.json({ maxDepth: 5 }), fc.string({ unit: 'binary' }))
      .filter(isSendable);
    await fc.assert(
      fc.asyncProperty(anything, async (body) => {
        const own = new DoorWorld();
        const queue = new DeadLetterQueue(own);
        await queue.put(body);
        await queue.run();
        expect(own.ledger.parked()).toHaveLength(1);
        expect(queue.queue.size).toBe(0);
      }),
      { numRuns: 200 },
    );
  });
});

describe('a batch from the dead-letter queue', () => {
  test('R8: goes on when one of its messages cannot be dealt with; that one comes again', async () => {
    const { deadLetters } = world.ports;
    const picky = {
      ...deadLetters,
      park: async (letter: Parameters<typeof deadLetters.park>[0]) => {
        if (letter.body === 'one') throw new Error('away');
        await deadLetters.park(letter);
      },
    };
    await dead.put('one');
    await dead.put('two');
    await dead.run({ ...world.ports, deadLetters: picky });
    expect(world.ledger.parked().map(({ body }) => body)).toEqual(['two']);
    expect(dead.queue.size).toBe(1);
    await world.system.advance(180_000);
    await dead.run();
    expect(world.ledger.parked()).toHaveLength(2);
    expect(dead.queue.size).toBe(0);
  });
});

/** What SQS takes for a body. */
function isSendable(body: string): boolean {
  try {
    checkQueueMessage({ body, delaySeconds: 0, group: 'default' });
    return true;
  } catch {
    return false;
  }
}

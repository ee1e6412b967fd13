/**
 * Every message through the real door: whatever a queue holds, it ends acknowledged with a record,
 * returned, or parked with its cause, and its neighbours in the batch do not notice.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { agentContract } from '#runtime/contracts/agent.ts';
import { decodeEvent } from '#runtime/core/decode-event.ts';
import { checkQueueMessage } from '#runtime/core/queue-message.ts';
import { agentCode } from '#runtime/lambda/agent-code.ts';
import { settleDeadLetters } from '#runtime/lambda/settle-dead-letters.ts';
import { settlePorts } from '../support/dead-letter-queue.ts';
import { DoorWorld } from '../support/door-world.ts';
import { AGENT, queued, taskMessage } from '../support/steps.ts';
import { sqsBatch } from '../support/stream-batch.ts';
import { anyOf, hostileValue, SEED } from './hostile.ts';

const SECRET = 'token-secret-of-the-fuzzed-message';
const PATIENCE_MS = 3_600_000;
const PLACE = { stage: 'test', retentionHours: 24 };

/** Gives back what it gets, by every way out that an agent has. */
const echo = agentCode(
  agentContract({
    name: AGENT,
    timeoutSeconds: 60,
    input: z.unknown(),
    output: z.unknown(),
    events: { 'thing.echoed': z.unknown() },
  }),
  async (input, ctx) => {
    await ctx.effect('echo', { whenUnknown: 'retry' }, async () => input);
    await ctx.emit('thing.echoed', input);
    return input;
  },
);

const valid = taskMessage({
  run: 'run-fuzz',
  path: 'plan/search[3]/read@2',
  taskToken: SECRET,
  input: { query: 'why?', list: [1, { a: null }], flag: true },
});

/** What no queue takes cannot come from one. */
function isQueueable(body: string): boolean {
  try {
    checkQueueMessage(queued(body));
    return true;
  } catch {
    return false;
  }
}

const anyBody = fc
  .oneof(
    { weight: 6, arbitrary: anyOf(valid) },
    { weight: 3, arbitrary: hostileValue.map((input) => JSON.stringify({ ...valid, input })) },
    {
      weight: 1,
      arbitrary: fc.integer().map((schemaVersion) => JSON.stringify({ ...valid, schemaVersion })),
    },
  )
  .filter(isQueueable);

/** The token that the message's sender waits on, if it has one. */
function tokenOf(body: string): string | null {
  try {
    const { taskToken } = JSON.parse(body) ?? {};
    return typeof taskToken === 'string' && taskToken !== '' ? taskToken : null;
  } catch {
    return null;
  }
}

async function passThroughTheDoor(body: string) {
  const world = new DoorWorld();
  const neighbours = ['run-a', 'run-b'].map((run) => taskMessage({ run, input: { query: run } }));
  const [before, after] = neighbours;
  if (!before || !after) throw new TypeError('two neighbours are needed');
  const token = tokenOf(body);
  if (token !== null) world.tasks.open(token);
  world.dispatch(before);
  await world.queue.send(queued(body));
  world.dispatch(after);
  await world.run(echo);
  return { world, token, neighbours };
}

describe(`a message of any kind among others (seed ${SEED})`, () => {
  test('R8: is recorded and answered, returned, or parked with its cause; its neighbours succeed', async () => {
    const fates: string[] = [];
    await fc.assert(
      fc.asyncProperty(anyBody, async (body) => {
        const passed = await passThroughTheDoor(body);
        expectNeighboursUndisturbed(passed);
        expectNoSecret(passed, body);
        expectReadableEvents(passed);
        const fate = fateOf(passed.world, body);
        expect(fate, body.slice(0, 300)).not.toBe('dropped');
        if (fate !== 'returned' && passed.token !== null) {
          expect(passed.world.tasks.answerTo(passed.token), 'its task is answered').not.toBeNull();
        }
        fates.push(fate);
      }),
      { seed: SEED, numRuns: 500 },
    );
    // A fuzz that reaches one kind of end only has not looked.
    expect(new Set(fates)).toEqual(new Set(['recorded', 'returned', 'parked']));
  });

  test('that was given up is answered from the record, parked with its cause, or returned', async () => {
    const fates: string[] = [];
    await fc.assert(
      fc.asyncProperty(anyBody, async (body) => {
        const world = new DoorWorld();
        const neighbour = taskMessage({ run: 'run-a' });
        const token = tokenOf(body);
        for (const open of [token, neighbour.taskToken]) if (open !== null) world.tasks.open(open);
        const batch = sqsBatch([body, JSON.stringify(neighbour)]);
        const settled = settleDeadLetters(settlePorts(world.ports), PLACE, batch);
        const { batchItemFailures } = await world.system.run(settled);
        expect(batchItemFailures).not.toContainEqual({ itemIdentifier: 'message-1' });
        expect(world.tasks.answerTo(neighbour.taskToken)).toMatchObject({
          error: 'Agent.DeadLettered',
        });
        const own = world.ledger.parked().filter(({ run }) => run !== 'run-a');
        const isReturned = batchItemFailures.length > 0;
        expect(isReturned || own.length > 0, body.slice(0, 300)).toBe(true);
        expect(own.filter(({ cause }) => cause === '')).toEqual([]);
        fates.push(isReturned ? 'returned' : 'parked');
      }),
      { seed: SEED, numRuns: 200 },
    );
    expect(fates).toContain('parked');
  });

  test('a message that is returned comes again, and to the same end', async () => {
    const newer = JSON.stringify({ ...valid, schemaVersion: 99 });
    const { world } = await passThroughTheDoor(newer);
    expect(world.queue.size).toBe(1);
    await world.system.advance(PATIENCE_MS);
    await world.run(echo);
    expect(world.queue.size).toBe(1);
    expect(world.ledger.parked()).toEqual([]);
  });
});

type Passed = Awaited<ReturnType<typeof passThroughTheDoor>>;

function expectNeighboursUndisturbed({ world, neighbours }: Passed): void {
  for (const { run, taskToken } of neighbours) {
    expect(world.outcomes('answer', run.id)).toHaveLength(1);
    expect(world.tasks.answerTo(taskToken)).toEqual({
      kind: 'succeeded',
      output: { query: run.id },
    });
  }
}

/** A token is a text; whatever else stands in its place is none (T2). */
function expectNoSecret({ world }: Passed, body: string): void {
  if (!body.includes(`"taskToken":`)) return;
  expect(JSON.stringify(world.ledger.parked())).not.toContain(SECRET);
  expect(JSON.stringify(world.events.events)).not.toContain(SECRET);
  expect(JSON.stringify(world.logs)).not.toContain(SECRET);
}

/** What the door tells, the projector can read. */
function expectReadableEvents({ world }: Passed): void {
  for (const event of world.events.events) {
    expect(decodeEvent(JSON.stringify(event))).toMatchObject({ kind: 'event' });
  }
}

function fateOf(world: DoorWorld, body: string): 'recorded' | 'returned' | 'parked' | 'dropped' {
  if (world.queue.size > 0) return 'returned';
  if (world.ledger.parked().length > 0) return 'parked';
  const { run, step } = JSON.parse(body);
  return world.outcomes(step.path, run.id).length > 0 ? 'recorded' : 'dropped';
}

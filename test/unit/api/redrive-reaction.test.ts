import { describe, expect, test } from 'vitest';
import type { DeadLetter } from '#runtime/contracts/ledger.ts';
import type { TaskMessage } from '#runtime/contracts/task-message.ts';
import { letterOf } from '#runtime/core/dead-letter.ts';
import { failed, failure } from '#runtime/core/failure.ts';
import { attempt, reactionMessage, stepOutcome } from '../../support/steps.ts';
import { apiUnderTest } from './api-under-test.ts';
import { post } from './change-run.ts';

/** A reaction of a run that goes on was given up in its third attempt. */
async function deadReaction(changes: Partial<DeadLetter> = {}) {
  const sent: { readonly agent: string; readonly message: TaskMessage }[] = [];
  const api = apiUnderTest((real) => ({
    ...real,
    dispatcher: {
      send: async ({ agent, body }) => void sent.push({ agent, message: JSON.parse(body) }),
    },
  }));
  const hello = { type: 'message.received', data: { text: 'A table for two' } };
  const { body } = await api.ask(post('/events', hello));
  const message = reactionMessage({ run: body.run, path: 'react@0', attempt: attempt(2) });
  const result = failed(failure('DEAD_LETTERED', 'it died'));
  const letter = letterOf(message, stepOutcome({ attempt: attempt(2), result }));
  if (!letter) throw new Error('no letter');
  await api.ledger.deadLetters.park({ ...letter, ...changes });
  await api.system.advance(60_000);
  const redrive = (asked?: unknown) => api.ask(post(`/dead-letters/${letter.id}/redrive`, asked));
  return { api, sent, message, letter, redrive, run: String(body.run) };
}

describe('POST /dead-letters/{id}/redrive of a reaction', () => {
  test('W3: sends it again to its agent, as it was, with its attempts anew', async () => {
    const { api, sent, message, letter, redrive } = await deadReaction();
    expect((await redrive()).status).toBe(202);
    const event = api.events.events.at(-1);
    expect(event).toMatchObject({
      type: 'signalbox.dead_letter.redriven',
      subject: 'react@0',
      attempt: '1.0',
      cause: message.reaction?.cause,
      data: { deadLetter: letter.id },
    });
    const step = { ...message.step, attempt: { redrive: 1, retry: 0 }, enteredAt: event?.time };
    expect(sent).toEqual([{ agent: message.step.agent, message: { ...message, step } }]);
  });

  test('W2, W3: asked twice, sends a copy and tells one event', async () => {
    const { api, sent, redrive } = await deadReaction();
    await redrive();
    await api.system.advance(5000);
    await redrive();
    expect(sent[1]).toEqual(sent[0]);
    const told = api.events.events.filter(({ type }) => type.endsWith('redriven'));
    expect(new Set(told.map((event) => JSON.stringify(event))).size).toBe(1);
  });

  test('takes no other input: it is what its event says', async () => {
    const { sent, redrive } = await deadReaction();
    const { status, body } = await redrive({ input: { query: 'else' } });
    expect({ status, type: body.type }).toEqual({
      status: 409,
      type: expect.stringMatching(/dead-letter-of-reaction$/),
    });
    expect(sent).toEqual([]);
  });

  test('refuses a letter whose message was cut', async () => {
    const { sent, redrive } = await deadReaction({ body: '{"schemaVersion":1,"run":{"id"' });
    expect((await redrive()).body.detail).toMatch(/send its event again/);
    expect(sent).toEqual([]);
  });

  test('R6: sends nothing into a run that is over', async () => {
    const { api, sent, redrive, run } = await deadReaction();
    await api.ask(post(`/runs/${run}/stop`, {}));
    expect(await redrive()).toMatchObject({
      status: 409,
      body: { type: expect.stringMatching(/run-ended$/) },
    });
    expect(sent).toEqual([]);
  });
});

import { describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { PLATFORM_EVENTS } from '#runtime/contracts/event-types.ts';
import { checkEventData, checkInput, checkOutput, checkReply } from '#runtime/core/check-value.ts';
import { letterOf, malformedLetter, malformedParked } from '#runtime/core/dead-letter.ts';
import { failed, failure } from '#runtime/core/failure.ts';
import { type MalformedMessage, parseMessage } from '#runtime/core/parse-message.ts';
import { AGENT, NOW, stepOutcome, taskMessage } from '../../support/steps.ts';

const body = (change: object = {}) => JSON.stringify({ ...taskMessage(), ...change });

describe('parseMessage', () => {
  test('reads a task message', () => {
    expect(parseMessage(body(), AGENT)).toEqual({ kind: 'message', message: taskMessage() });
  });
  test('T1: a newer schema is no mistake, and gives what can be read of it', () => {
    expect(parseMessage(body({ schemaVersion: 2, run: 'else' }), AGENT)).toEqual({
      kind: 'newer',
      schemaVersion: 2,
      taskToken: taskMessage().taskToken,
      path: 'answer',
    });
  });
  test.each([
    ['no JSON', '{"taskToken":"secret', { cause: 'the body is not JSON' }],
    ['a list', '[]', { cause: expect.stringContaining('$: ') }],
    ['null', 'null', {}],
    [
      'an older schema',
      body({ schemaVersion: 0 }),
      { cause: expect.stringContaining('schemaVersion') },
    ],
    [
      'a missing step',
      body({ step: undefined }),
      {
        cause: expect.stringContaining('step: '),
        taskToken: 'token-run-1-0.0.0',
        run: { id: 'run-1' },
      },
    ],
    [
      'a bad path',
      body({ step: { ...taskMessage().step, path: 'No Path' } }),
      { cause: expect.stringContaining('step.path'), path: 'No Path' },
    ],
    [
      'a run whose id no table gives back as it was',
      body({ run: { ...taskMessage().run, id: 'run\ud800' } }),
      { cause: expect.stringContaining('run.id') },
    ],
    [
      "another agent's message",
      body({ step: { ...taskMessage().step, agent: 'other' } }),
      { cause: 'the message is for agent "other" and came to the queue of "test-agent"' },
    ],
    ['a missing token', body({ taskToken: '' }), { cause: expect.stringContaining('taskToken') }],
  ])('describes %s', (_name, text, expected) => {
    expect(parseMessage(text, AGENT)).toMatchObject({ kind: 'malformed', ...expected });
  });
  test('T2: what it says about a body never holds the token', () => {
    const parsed = parseMessage(body({ step: undefined, taskToken: 'secret-token' }), AGENT);
    expect(parsed.kind === 'malformed' && parsed.cause).not.toContain('secret-token');
  });
});

describe('dead letters', () => {
  const envelope = {
    messageId: 'm-1',
    body: '{"taskToken": "sec\\"ret", "a": 1}',
    firstReceivedMs: NOW,
  };
  const malformed: MalformedMessage = { kind: 'malformed', cause: 'the body is not JSON' };

  test('the same message gives the same letter and event', () => {
    const letter = malformedLetter(AGENT, envelope, malformed);
    expect(malformedLetter(AGENT, envelope, malformed)).toEqual(letter);
    expect(malformedParked(letter)).toEqual(malformedParked(letter));
    expect(
      PLATFORM_EVENTS['signalbox.dead_letter.parked'].safeParse(malformedParked(letter).data)
        .success,
    ).toBe(true);
  });
  test('other messages give other letters and events', () => {
    const one = malformedLetter(AGENT, envelope, malformed);
    const two = malformedLetter(AGENT, { ...envelope, messageId: 'm-2' }, malformed);
    expect(one.id).not.toBe(two.id);
    expect(malformedParked(one).id).not.toBe(malformedParked(two).id);
  });
  test.each([
    ['whole', '{"taskToken": "sec\\"ret", "a": 1}'],
    ['broken', '{"a": 1, "taskToken":"secret'],
    ['inside a list', '{"a": 1, "taskToken": ["secret"]}'],
    ['inside an object', '{"taskToken":{"value":"secret"},"a":1}'],
    ['in another place', '{"taskToken":"secret","copy":"secret"}'],
  ])('T2: no token stays in a letter: %s', (_name, text) => {
    const letter = malformedLetter(
      AGENT,
      { ...envelope, body: text },
      { ...malformed, taskToken: 'secret' },
    );
    expect(letter.body).not.toMatch(/sec\\?"?ret/);
    expect(letter.body).toContain('[removed]');
  });
  test('a body is cut at 64 KiB', () => {
    const letter = malformedLetter(AGENT, { ...envelope, body: 'é'.repeat(100_000) }, malformed);
    expect(Buffer.byteLength(letter.body)).toBeLessThanOrEqual(65_536);
  });
  test('only a dead step has a letter, which keeps its message without the token', () => {
    const dead = stepOutcome({ result: failed(failure('DEAD_LETTERED', 'died')) });
    expect(letterOf(taskMessage(), stepOutcome())).toBeNull();
    const letter = letterOf(taskMessage(), dead);
    expect(letter).toMatchObject({ code: 'DEAD_LETTERED', run: 'run-1', path: 'answer' });
    expect(letter?.body).not.toContain(taskMessage().taskToken);
    expect(letter?.body).toContain('why?');
  });
});

describe('checks at the entrances', () => {
  const schema = z.object({ a: z.string(), at: z.optional(z.unknown()) });
  const limits = { inlineBytes: 100, control: [] };
  const code = (expected: string) => expect.objectContaining({ code: expected });

  test('input is parsed', async () => {
    expect(await checkInput(z.object({ n: z._default(z.number(), 7) }), {})).toEqual({ n: 7 });
  });
  test('an input that does not fit names the field', async () => {
    await expect(checkInput(schema, { a: 1 })).rejects.toThrow(
      /a: .*expected string, received number/,
    );
    await expect(checkInput(schema, { a: 1 })).rejects.toEqual(code('INPUT_INVALID'));
  });
  test('an input with a reference is refused wherever it is', async () => {
    await expect(checkInput(schema, { a: 'x', at: [{ deep: { $sbref: 'k' } }] })).rejects.toThrow(
      /\$\.at\[0\]\.deep/,
    );
  });
  test('output is JSON of its schema', async () => {
    const { value } = await checkOutput(schema, { a: 'x', at: undefined, b: 1 }, limits);
    expect(value).toEqual({ a: 'x' });
  });
  test.each([
    ['a wrong type', { a: 1 }, 'OUTPUT_INVALID'],
    ['a reference', { a: 'x', at: { $sbref: 'k' } }, 'OUTPUT_INVALID'],
    ['half of an emoji', { a: '👍'.slice(0, 1) }, 'OUTPUT_INVALID'],
    ['what no queue carries', { a: 'x\uffff' }, 'OUTPUT_INVALID'],
    ['a date', { a: 'x', at: new Date(0) }, 'NOT_JSON'],
    ['too many bytes', { a: 'é'.repeat(50) }, 'OUTPUT_TOO_LARGE'],
  ])('an output with %s is refused', async (_name, output, expected) => {
    await expect(checkOutput(schema, output, limits)).rejects.toEqual(code(expected));
  });
  test('an output of exactly the limit passes', async () => {
    const { value } = await checkOutput(schema, { a: 'x'.repeat(92) }, limits);
    expect(value).toEqual({ a: 'x'.repeat(92) });
    await expect(checkOutput(schema, { a: 'x'.repeat(93) }, limits)).rejects.toThrow('101 bytes');
  });
  test('a reply that does not fit is worth another try', async () => {
    await expect(checkReply(schema, 'answer', undefined)).rejects.toMatchObject({
      code: 'MODEL_OUTPUT_INVALID',
      name: 'RetryableError',
    });
  });
  test('an event is declared and fits', async () => {
    const types = { 'a.done': z.object({ n: z.number() }) };
    expect(await checkEventData(types, 'a.done', { n: 1 })).toEqual({ n: 1 });
    await expect(checkEventData(types, 'a.gone', {})).rejects.toThrow('declared: a.done');
    await expect(checkEventData(types, 'toString', {})).rejects.toEqual(code('OUTPUT_INVALID'));
    await expect(checkEventData(types, 'a.done', { n: 'x' })).rejects.toEqual(
      code('OUTPUT_INVALID'),
    );
  });
});

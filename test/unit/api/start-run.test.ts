import { describe, expect, it } from 'vitest';
import { platformEvent } from '#runtime/core/event.ts';
import { runIdOf } from '#runtime/core/run-id.ts';
import { apiUnderTest, QUESTION, startCall } from './api-under-test.ts';

describe('POST /workflows/{name}/runs', () => {
  it('starts an execution with the envelope and the input as the schema makes it', async () => {
    const api = apiUnderTest();
    const { status, headers, body } = await api.ask(startCall());
    expect(status).toBe(202);
    expect(headers.location).toBe(`../../runs/${body.id}`);
    expect(body).toMatchObject({ status: 'accepted', workflow: 'support', gen: 0, steps: [] });
    expect(api.orchestrator.inputOf('support', `${body.id}-0`)).toEqual({
      sb: {
        id: body.id,
        root: body.id,
        gen: 0,
        tenant: 'default',
        workflow: 'support',
        defVersion: 'hash-1',
        deadlineAt: '2026-01-01T00:02:00.000Z',
        traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/),
      },
      input: { ...QUESTION, priority: 'low' },
    });
  });

  it('announces the run once, with its tags and deadline', async () => {
    const api = apiUnderTest();
    const { body } = await api.ask(startCall());
    expect(api.events.events).toMatchObject([
      {
        type: 'signalbox.run.accepted',
        run: body.id,
        data: { tags: { customer: 'c-1' }, deadlineAt: '2026-01-01T00:02:00.000Z' },
      },
    ]);
  });

  it('makes a new run each time without a key', async () => {
    const api = apiUnderTest();
    const [first, second] = [await api.ask(startCall()), await api.ask(startCall())];
    expect(first.body.id).not.toBe(second.body.id);
  });

  it('takes over a valid traceparent and derives one where it is not', async () => {
    const api = apiUnderTest();
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const taken = await api.ask(startCall({ traceparent }));
    const derived = await api.ask(startCall({ traceparent: 'nonsense' }));
    const inputs = [taken, derived].map(({ body }) =>
      api.orchestrator.inputOf('support', `${body.id}-0`),
    );
    expect(inputs[0]).toMatchObject({ sb: { traceparent } });
    expect(inputs[1]).not.toMatchObject({ sb: { traceparent: 'nonsense' } });
  });

  it('lets a caller shorten the deadline, never lengthen it', async () => {
    const api = apiUnderTest();
    const deadline = async (at: string) =>
      (await api.ask(startCall({ 'signalbox-deadline': at }))).body.deadlineAt;
    expect(await deadline('2026-01-01T00:00:30Z')).toBe('2026-01-01T00:00:30.000Z');
    expect(await deadline('2026-01-01T01:00:30+01:00')).toBe('2026-01-01T00:00:30.000Z');
    expect(await deadline('2027-01-01T00:00:00Z')).toBe('2026-01-01T00:02:00.000Z');
  });

  it('keeps the envelope within 2 KiB at the longest names', async () => {
    const api = apiUnderTest();
    const { body } = await api.ask(startCall());
    const input = api.orchestrator.inputOf('support', `${body.id}-0`);
    // Names of workflow and tenant have at most 40 characters, versions and traceparents 64.
    expect(JSON.stringify(input).length + 40 + 40 + 64 + 64).toBeLessThan(2048);
  });
});

describe('an Idempotency-Key', () => {
  const keyed = startCall({ 'Idempotency-Key': 'key-1' });

  it('names the run', async () => {
    const api = apiUnderTest();
    const { body } = await api.ask(keyed);
    expect(body.id).toBe(runIdOf('default', 'support', 'key-1'));
  });

  it('gives the same run twice, started once', async () => {
    const api = apiUnderTest();
    const [first, second] = [await api.ask(keyed), await api.ask(keyed)];
    expect(second).toMatchObject({ status: 202, body: { id: first.body.id } });
    expect(api.events.events).toHaveLength(1);
  });

  it('gives the same run to two requests at once', async () => {
    const api = apiUnderTest();
    const answers = await Promise.all([api.ask(keyed), api.ask(keyed), api.ask(keyed)]);
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect(new Set(api.events.events.map((event) => JSON.stringify(event))).size).toBe(1);
  });

  it('does not mind the order of the input’s fields', async () => {
    const api = apiUnderTest();
    await api.ask(keyed);
    const turned = { customerId: QUESTION.customerId, query: QUESTION.query };
    const again = await api.ask(startCall({ 'idempotency-key': 'key-1' }, turned));
    expect(again.status).toBe(202);
  });

  it('refuses another input under the same key, and starts nothing', async () => {
    const api = apiUnderTest();
    await api.ask(keyed);
    const other = { ...QUESTION, query: 'something else' };
    const answer = await api.ask(startCall({ 'Idempotency-Key': 'key-1' }, other));
    expect(answer).toMatchObject({
      status: 409,
      body: { type: expect.stringMatching(/idempotency-conflict$/) },
    });
    expect(api.events.events).toHaveLength(1);
  });

  it('finds a run again whose deadline has passed meanwhile', async () => {
    const api = apiUnderTest();
    const call = startCall({
      'Idempotency-Key': 'key-1',
      'Signalbox-Deadline': '2026-01-01T00:00:05Z',
    });
    const first = await api.ask(call);
    await api.system.advance(10_000);
    expect(await api.ask(call)).toMatchObject({ status: 202, body: { id: first.body.id } });
  });
});

describe('Prefer: wait', () => {
  const waiting = startCall({ Prefer: 'respond-async, wait=20', 'Idempotency-Key': 'key-1' });
  const run = runIdOf('default', 'support', 'key-1');
  const scope = { source: 'test', run, root: run, gen: 0, tenant: 'default', workflow: 'support' };

  it('answers 200 with the output as soon as the run has ended', async () => {
    const api = apiUnderTest();
    const answer = api.send(waiting);
    await api.system.advance(3000);
    await api.events.append([
      platformEvent(
        { ...scope, fence: 0 },
        {
          type: 'signalbox.run.succeeded',
          atMs: api.system.now(),
          data: { durationMs: 3000, output: { answer: 'parked' } },
        },
      ),
    ]);
    await api.project();
    const { status, body } = await api.system.run(answer);
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'succeeded', output: { answer: 'parked' } });
    expect(api.system.now() - Date.UTC(2026, 0, 1)).toBeLessThan(5000);
  });

  it('answers 202 when the time is over, counted from the arrival of the request', async () => {
    const api = apiUnderTest();
    expect(await api.ask(waiting)).toMatchObject({ status: 202, body: { status: 'accepted' } });
    expect(api.system.now() - Date.UTC(2026, 0, 1)).toBe(20_000);
  });

  it('answers a repeat with the state of the run without waiting', async () => {
    const api = apiUnderTest();
    await api.ask(startCall({ 'Idempotency-Key': 'key-1' }));
    await api.events.append([
      platformEvent(
        { ...scope, fence: 0 },
        {
          type: 'signalbox.run.failed',
          atMs: api.system.now(),
          data: { durationMs: 5, error: 'Agent.Terminal', cause: 'no' },
        },
      ),
    ]);
    await api.project();
    const again = await api.ask(startCall({ 'Idempotency-Key': 'key-1' }));
    expect(again).toMatchObject({ status: 200, body: { status: 'failed' } });
  });
});

import { describe, expect, test } from 'vitest';
import { deployed, ended, live } from '../support/live.ts';

describe.skipIf(deployed === null)('the support workflow, deployed', () => {
  const { client, ticketsOf } = live();
  const ask = async (query: string, customerId = 'c-support') => {
    const { id } = await client.startRun({ workflow: 'support', input: { query, customerId } });
    return ended(client, id);
  };

  test.each([
    ['What happens when a worker dies in the middle of a step?', /README|concepts|semantics/],
    ['How do I add an agent?', /ARCHITECTURE/],
    ['What does whenUnknown mean for an effect?', /concepts|semantics/],
  ])('answers "%s" from the documentation, with citations', async (query, file) => {
    const run = await ask(query);
    expect(run.output).toMatchObject({
      kind: 'answered',
      citations: expect.arrayContaining([
        { file: expect.stringMatching(file), heading: expect.any(String) },
      ]),
    });
    expect(run.steps.map(({ path, status }) => `${path} ${status}`)).toEqual([
      'intent succeeded',
      'retrieve succeeded',
      'answer succeeded',
    ]);
  });

  test.each([
    ['How is the weather in Lisbon tomorrow?', 'not-answered'],
    ['I want to talk to a human being, please.', 'person-requested'],
  ])('hands "%s" off: %s', async (query, reason) => {
    const customerId = `c-${reason}`;
    const run = await ask(query, customerId);
    const tickets = await ticketsOf(customerId);
    expect(run.output).toMatchObject({ kind: 'handed-off', reason, ticketId: tickets[0]?.id });
    expect(tickets).toHaveLength(1);
  });

  test('tells what happened: events in order, a trace that adds up, a run that can be found by its tag', async () => {
    const customerId = `c-${crypto.randomUUID()}`;
    const { id } = await ask('What is a dead letter?', customerId);
    const { events } = await client.events(id);
    const types = events.map(({ type, subject }) =>
      `${type.replace('signalbox.', '')} ${subject ?? ''}`.trim(),
    );
    expect(types[0]).toBe('run.accepted');
    expect(types.at(-1)).toBe('run.succeeded');
    for (const path of ['intent', 'retrieve', 'answer']) {
      const own = types.filter((type) => type.endsWith(` ${path}`) && type.startsWith('step.'));
      expect(own).toEqual([
        `step.queued ${path}`,
        `step.started ${path}`,
        `step.succeeded ${path}`,
      ]);
    }
    expect(JSON.stringify(events)).not.toMatch(/taskToken|Answer from|dead letter\?/);

    const trace = await client.trace(id);
    for (const span of trace.spans) {
      const whole = Date.parse(span.endedAt ?? '') - Date.parse(span.queuedAt);
      expect(span.queuedMs + span.modelMs + span.effectMs + span.ownMs).toBe(whole);
    }
    const { runs } = await client.listRuns({ tag: { key: 'customer', value: customerId } });
    expect(runs.map((run) => run.id)).toEqual([id]);
  });

  test('waits for the answer when asked to', async () => {
    const run = await client.startRun({
      workflow: 'support',
      input: { query: 'What is a fence?', customerId: 'c-wait' },
      waitSeconds: 20,
    });
    expect(run.status).toBe('succeeded');
    expect(run.output).toMatchObject({ kind: 'answered' });
  });
});

/**
 * What is promised when things go wrong, on the deployed system and counted in the world outside.
 *
 * The ticket system is put on hold where a test needs a worker to stand between a model call and an effect.
 */
import { afterEach, describe, expect, test } from 'vitest';
import { isTerminal } from '#runtime/contracts/status.ts';
import { deployed, ended, eventually, live } from '../support/live.ts';

const isEmbedded = deployed !== null && deployed.cloudPid !== null;

/** The deployed system, and customers who want a person: their runs come to the ticket system. */
function callers() {
  const system = live();
  const { client, helpdesk } = system;
  const newCustomer = (): string => `c-${crypto.randomUUID()}`;
  const askForPerson = (customerId: string, deadline?: Date) =>
    client.startRun({
      workflow: 'support',
      input: { query: 'Let me talk to a person.', customerId },
      ...(deadline && { deadline }),
    });
  /** A run that is held before its deadline; a busy machine takes a later one to get there. */
  const heldBeforeDeadline = async (customerId: string): Promise<string> => {
    for (const seconds of [8, 25, 80]) {
      const { id } = await askForPerson(customerId, new Date(Date.now() + seconds * 1000));
      const [{ held }] = await eventually(
        () => Promise.all([helpdesk.stats(), client.run(id)]),
        ([stats, { status }]) => stats.held > 0 || isTerminal(status),
        100,
      );
      if (held > 0) return id;
    }
    throw new TypeError('no run came to the ticket system before its deadline');
  };
  return { ...system, newCustomer, askForPerson, heldBeforeDeadline };
}

describe.skipIf(!isEmbedded)('faults, deployed', () => {
  const { client, helpdesk, ticketsOf, killWorkers, messagesAt, send, modelStats, ...runs } =
    callers();
  const { newCustomer, askForPerson, heldBeforeDeadline } = runs;
  afterEach(() => helpdesk.release());

  test('R2, R9: a worker killed between a model call and an effect costs no second model call and opens one ticket', async () => {
    const customerId = newCustomer();
    await helpdesk.hold();
    const { id } = await askForPerson(customerId);
    await eventually(helpdesk.stats, ({ held }) => held > 0);
    const asked = await modelStats();
    expect(await killWorkers('open-ticket')).toBeGreaterThan(0);
    await eventually(helpdesk.stats, ({ held }) => held === 0);
    await helpdesk.release();

    const run = await ended(client, id);
    expect(run).toMatchObject({ status: 'succeeded', output: { kind: 'handed-off' } });
    expect(await ticketsOf(customerId)).toHaveLength(1);
    expect(await modelStats()).toEqual(asked);
    const handoff = run.steps.find(({ path }) => path === 'handoff');
    expect(handoff).toMatchObject({ attempts: 1, starts: 2 });
    const { events } = await client.events(id);
    const replayed = events.filter(
      ({ type, data }) =>
        type === 'signalbox.call.succeeded' && JSON.stringify(data).includes('"summary"'),
    );
    expect(replayed).toHaveLength(1);
    expect(events.map(({ type }) => type)).toContain('signalbox.call.uncertain');
  });

  test('R3: a task delivered again, during and after its step, changes nothing', async () => {
    const customerId = newCustomer();
    await helpdesk.hold();
    const { id } = await askForPerson(customerId);
    await eventually(helpdesk.stats, ({ held }) => held > 0);
    const handoff = (await messagesAt('open-ticket')).find((body) => body.includes(id)) ?? '';
    expect(handoff).toContain(id);
    await send('open-ticket', handoff);
    await helpdesk.release();
    const run = await ended(client, id);

    await send('open-ticket', handoff);
    await send('open-ticket', handoff);
    // The queue is emptied in order of arrival: once another run has passed, the copies have been handled.
    await ended(client, (await askForPerson(newCustomer())).id);
    expect(await ticketsOf(customerId)).toHaveLength(1);
    const later = await client.run(id);
    expect(later.output).toEqual(run.output);
    expect(later.steps.map(({ path, starts }) => `${path} ${starts}`)).toEqual([
      'intent 1',
      'handoff 1',
    ]);
  });

  test('R6: a run whose deadline passes in mid-step expires, and nothing more is called for it', async () => {
    const customerId = newCustomer();
    await helpdesk.hold();
    const id = await heldBeforeDeadline(customerId);
    const asked = await modelStats();
    const run = await ended(client, id);
    await helpdesk.release();
    expect(run.status).toBe('expired');
    expect(run.steps.at(-1)).toMatchObject({ path: 'handoff', status: 'expired' });
    expect(await ticketsOf(customerId)).toEqual([]);
    expect(await modelStats()).toEqual(asked);
  });
});

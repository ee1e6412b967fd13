/**
 * What happens while the event stream is away, on the deployed system: runs go on, and nothing that they
 * told is lost.
 */
import { afterEach, describe, expect, test } from 'vitest';
import { FaultInjection } from '../../localstack/faults.ts';
import { deployed, ended, eventually, live } from '../support/live.ts';

const isEmbedded = deployed !== null && deployed.cloudPid !== null;

describe.skipIf(!isEmbedded)('an outage of the event stream', () => {
  const { client, recordOf, reconcile, ticketsOf } = live();
  const faults = new FaultInjection(deployed?.endpoint ?? '');
  afterEach(() => faults.clear());

  test('R4: runs are accepted, worked on and ended meanwhile; their events arrive later, each once as an id', async () => {
    await faults.inject({
      service: 'kinesis',
      operation: 'PutRecords',
      fault: { kind: 'error' },
    });
    const customerIds = [crypto.randomUUID(), crypto.randomUUID()];
    const runs = await Promise.all(
      customerIds.map(async (customerId) => {
        const input = { query: 'Let me talk to a person.', customerId };
        return (await client.startRun({ workflow: 'support', input })).id;
      }),
    );
    for (const run of runs) {
      const { end } =
        (await eventually(
          () => recordOf(run),
          (record) => record?.end !== undefined,
        )) ?? {};
      expect(end).toMatchObject({ gen: 0, status: 'succeeded' });
      // Nobody has heard of it yet: what is told of the run is its record.
      expect(await client.run(run)).toMatchObject({ status: 'accepted', steps: [] });
    }
    await reconcile();
    expect(await client.run(runs[0] ?? '')).toMatchObject({ status: 'accepted' });

    expect((await client.fleet()).outbox.waiting).toBeGreaterThan(0);

    await faults.clear();
    // Whoever had not given up on the stream yet puts its event there late.
    await eventually(
      () => reconcile().then(() => client.fleet()),
      ({ outbox }) => outbox.waiting === 0,
    );
    for (const [i, run] of runs.entries()) {
      const view = await ended(client, run);
      expect(view).toMatchObject({ status: 'succeeded', output: { kind: 'handed-off' } });
      expect(view.steps.map(({ path, status, starts }) => [path, status, starts])).toEqual([
        ['intent', 'succeeded', 1],
        ['handoff', 'succeeded', 1],
      ]);
      expect(await ticketsOf(customerIds[i] ?? '')).toHaveLength(1);
      const { events } = await client.events(run);
      expect(events.map(({ type }) => type)).toEqual(
        expect.arrayContaining([
          'signalbox.run.accepted',
          'ticket.opened',
          'signalbox.run.succeeded',
        ]),
      );
      expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
    }
  });
});

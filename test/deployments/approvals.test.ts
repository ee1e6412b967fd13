/** Runs that wait for people and events, on a local deployment of their own. */
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SignalboxClient } from '#runtime/client/client.ts';
import type { RunView } from '#runtime/contracts/api.ts';
import { deployWith } from '../support/added-workflow.ts';
import { ended, eventually } from '../support/live.ts';
import { canDeploy } from '../support/own-deployment.ts';

const problem = (slug: string) => ({ problem: { type: `https://signalbox.dev/problems/${slug}` } });

let local: Awaited<ReturnType<typeof deployWith>>;
let client: SignalboxClient;
beforeAll(async () => {
  if (!canDeploy) return;
  local = await deployWith('publishing');
  client = new SignalboxClient({ baseUrl: local.apiUrl });
});
afterAll(async () => {
  await local?.stop();
});

const start = async (ask: string): Promise<string> =>
  (await client.startRun({ workflow: 'publishing', input: { topic: 'trains', ask } })).id;

const waiting = (run: string): Promise<RunView> =>
  eventually(
    () => client.run(run),
    ({ status }) => status === 'waiting',
  );

/** Of the run's open wait, as the ledger keeps it. */
async function tokenOf(run: string): Promise<string> {
  const dynamoDb = new DynamoDBClient({
    endpoint: local.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  const { Item: item } = await dynamoDb.send(
    new GetItemCommand({
      TableName: 'signalbox-local-ledger',
      Key: { pk: { S: run }, sk: { S: 'waits' } },
    }),
  );
  return JSON.parse(item?.record?.S ?? '{}').open[0].message.taskToken;
}

describe.skipIf(!canDeploy)('a question to people, deployed', () => {
  test('goes on with the first decision, which stays; whoever looks sees who decided, nobody the token (R3, T2)', async () => {
    const run = await start('patiently');
    const asked = await waiting(run);
    expect(asked.sentence).toContain("publish waits for approval of 'Publish this report?' until");
    expect(asked.steps.find(({ path }) => path === 'publish')).toMatchObject({
      status: 'waiting',
      wait: { for: 'approval', show: { report: 'All about trains.' } },
    });
    const token = await tokenOf(run);
    expect(token.length).toBeGreaterThan(20);
    await eventually(
      () => client.listRuns({ status: 'waiting' }),
      ({ runs }) => runs.some(({ id }) => id === run),
    );

    const decide = (decision: string) =>
      client.decideApproval(run, { step: 'publish', decision, by: 'ann', note: 'well written' });
    expect(await decide('approve')).toMatchObject({ decision: 'approve', by: 'ann' });
    expect(await decide('approve')).toMatchObject({ decision: 'approve', by: 'ann' });
    await expect(decide('reject')).rejects.toMatchObject(problem('approval-decided'));
    const view = await ended(client, run);
    expect(view).toMatchObject({
      status: 'succeeded',
      output: { outcome: 'approve', by: 'ann', note: 'well written' },
    });
    const { events } = await client.events(run);
    expect(events.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['signalbox.approval.requested', 'signalbox.approval.decided']),
    );
    expect(JSON.stringify([asked, view, events])).not.toContain(token);
  });
});

describe.skipIf(!canDeploy)('an answer, or none, deployed', () => {
  test('goes on with a rejection', async () => {
    const run = await start('patiently');
    await waiting(run);
    await client.decideApproval(run, { step: 'publish', decision: 'reject' });
    expect(await ended(client, run)).toMatchObject({
      status: 'succeeded',
      output: { outcome: 'reject', by: 'unknown' },
    });
  });

  test('goes on without a decision when none comes in time, and refuses one that comes too late', async () => {
    const run = await start('hastily');
    const { steps } = await waiting(run);
    const until = Date.parse(steps.find(({ path }) => path === 'hurry')?.wait?.until ?? '');
    await new Promise((resolve) => setTimeout(resolve, until - Date.now() + 500));
    const late = () => client.decideApproval(run, { step: 'hurry', decision: 'approve' });
    await expect(late()).rejects.toMatchObject(problem('approval-expired'));
    expect(await ended(client, run)).toMatchObject({
      status: 'succeeded',
      output: { outcome: 'timed_out', by: 'nobody' },
    });
    await expect(late()).rejects.toThrow();
  });

  test('R10: is stopped while it waits, and takes no decision then', async () => {
    const run = await start('patiently');
    await waiting(run);
    await client.stopRun(run, { reason: 'no need' });
    const view = await ended(client, run);
    expect(view.status).toBe('stopped');
    await expect(
      client.decideApproval(run, { step: 'publish', decision: 'approve' }),
    ).rejects.toMatchObject(problem('run-ended'));
  });
});

describe.skipIf(!canDeploy)('a wait for an event, deployed', () => {
  test('takes an event that came before anybody waited for it', async () => {
    const run = await start('the-payer');
    await client.sendEvent({ type: 'payment.received', data: { amount: 12 }, run });
    expect(await ended(client, run)).toMatchObject({
      status: 'succeeded',
      output: { outcome: 'paid', amount: 12 },
    });
  });

  test('takes an event that comes while it waits', async () => {
    const run = await start('the-payer');
    await waiting(run);
    await client.sendEvent({ type: 'payment.received', data: { amount: 7 }, run });
    expect(await ended(client, run)).toMatchObject({ output: { amount: 7 } });
  });
});

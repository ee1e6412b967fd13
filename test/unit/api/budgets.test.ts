/** What the front door does for budgets: limits when a run is accepted, orphans when it is resumed. */
import { describe, expect, it } from 'vitest';
import type { BudgetRecord } from '#runtime/contracts/budget.ts';
import { platformEvent } from '#runtime/core/event.ts';
import { apiUnderTest, startCall } from './api-under-test.ts';
import { end, keepStep, post, startedRun } from './change-run.ts';

const BUDGET = { usd: 0.5, tokens: 10_000 };
const CALL = 'model:ask:0a1b:0';
const MOST = { usd: 0.02, tokens: 1000 };

type Api = ReturnType<typeof apiUnderTest>;

/** A run that has failed, and what is left in its budget. */
async function leftBy(reserved: BudgetRecord['reserved']): Promise<{ api: Api; run: string }> {
  const api = apiUnderTest();
  const run = await startedRun(api);
  await api.ledger.budgets.put({
    record: { run, rev: 1, limits: BUDGET, spent: { usd: 0.1, tokens: 500 }, reserved },
    expectedRev: null,
  });
  await end(api, run, 'failed');
  return { api, run };
}

/** The holder's recorded reply: 90 tokens in, 10 out. */
async function keepReply(api: Api, run: string, path: string, fence: number): Promise<void> {
  const scope = { source: 'test', run, root: run, gen: 0, tenant: 'default', workflow: 'support' };
  const usage = { inputTokens: 90, outputTokens: 10 };
  const data = { call: 'ask', kind: 'model', durationMs: 1, usage, usd: 0.000_14 } as const;
  const event = platformEvent(
    { ...scope, fence },
    { type: 'signalbox.call.succeeded', atMs: api.system.now(), data },
  );
  await keepStep(api, run, path, { fence });
  const put = await api.ledger.calls.put({
    record: { run, path, call: CALL, rev: 1, fence, state: 'succeeded', events: [event] },
    expectedRev: null,
  });
  expect(put.kind).toBe('written');
}

describe('a run of a workflow with a budget', () => {
  it('is accepted with it', async () => {
    const api = apiUnderTest();
    const run = await startedRun(api);
    expect(await api.ledger.runs.read(run)).toMatchObject({ budget: BUDGET });
  });

  it('is forked with a budget of its own', async () => {
    const { api, run } = await leftBy({});
    const { body } = await api.ask(post(`/runs/${run}/fork`));
    expect(await api.ledger.runs.read(body.id)).toMatchObject({ budget: BUDGET });
    expect(await api.ledger.budgets.read(body.id)).toBeNull();
  });

  it('is resumed with what its workflow allows now', async () => {
    const { api, run } = await leftBy({});
    const record = (await api.ledger.runs.read(run)) ?? expect.fail();
    const poor = { ...record, rev: record.rev + 1, budget: { usd: 0.1 } };
    await api.ledger.runs.put({ record: poor, expectedRev: record.rev });
    await api.ask(post(`/runs/${run}/resume`));
    expect(await api.ledger.runs.read(run)).toMatchObject({ gen: 1, budget: BUDGET });
  });
});

it('a run of a workflow without a budget has none', async () => {
  const api = apiUnderTest();
  const call = { ...startCall({}, { numbers: [1] }), path: '/workflows/numbers/runs' };
  const { body } = await api.ask(call);
  expect(await api.ledger.runs.read(body.id)).not.toHaveProperty('budget');
});

describe('a resume', () => {
  it('takes what a reserved call cost from its record', async () => {
    const { api, run } = await leftBy({ [`answer#2/${CALL}`]: MOST });
    await keepReply(api, run, 'answer', 2);
    await api.ask(post(`/runs/${run}/resume`));
    expect(await api.ledger.budgets.read(run)).toMatchObject({
      spent: { usd: 0.100_14, tokens: 600 },
      reserved: {},
    });
  });

  it('keeps as spent what nobody knows the end of, and what another holder has recorded', async () => {
    const { api, run } = await leftBy({
      [`answer#1/${CALL}`]: MOST,
      [`check#1/${CALL}`]: MOST,
    });
    await keepReply(api, run, 'answer', 2);
    await api.ask(post(`/runs/${run}/resume`));
    expect(await api.ledger.budgets.read(run)).toMatchObject({
      spent: { usd: 0.14, tokens: 2500 },
      reserved: {},
    });
  });

  it('leaves a budget alone in which nothing is reserved', async () => {
    const { api, run } = await leftBy({});
    await api.ask(post(`/runs/${run}/resume`));
    expect(await api.ledger.budgets.read(run)).toMatchObject({ rev: 1 });
  });
});

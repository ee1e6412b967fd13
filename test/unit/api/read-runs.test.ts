import { describe, expect, it } from 'vitest';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import { platformEvent } from '#runtime/core/event.ts';
import { apiUnderTest, QUESTION, startCall } from './api-under-test.ts';

type Api = ReturnType<typeof apiUnderTest>;

/** Starts `n` runs a second apart, and gives their ids. */
async function startRuns(api: Api, n: number): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let i = 0; i < n; i += 1) {
    const { body } = await api.ask(startCall({}, { ...QUESTION, customerId: `c-${i % 2}` }));
    ids.push(body.id);
    await api.system.advance(1000);
  }
  return ids;
}

const runEvent = (
  api: Api,
  run: string,
  type: 'started' | 'succeeded',
  atMs?: number,
): SignalboxEvent => {
  const scope = {
    source: 't',
    run,
    root: run,
    gen: 0,
    tenant: 'default',
    workflow: 'support',
    fence: 0,
  };
  const at = atMs ?? api.system.now();
  return type === 'started'
    ? platformEvent(scope, { type: 'signalbox.run.started', atMs: at, data: {} })
    : platformEvent(scope, {
        type: 'signalbox.run.succeeded',
        atMs: at,
        data: { durationMs: 1, output: 'out' },
      });
};

describe('GET /runs', () => {
  it('lists runs newest first, page by page', async () => {
    const api = apiUnderTest();
    const ids = await startRuns(api, 5);
    await api.project();
    const first = await api.ask({ path: '/runs', query: { limit: '3' } });
    const second = await api.ask({ path: '/runs', query: { limit: '3', cursor: first.body.next } });
    const listed = [...first.body.runs, ...second.body.runs].map(({ id }) => id);
    expect(listed).toEqual([...ids].reverse());
    expect(second.body).not.toHaveProperty('next');
  });

  it('filters by workflow, status, tag and time', async () => {
    const api = apiUnderTest();
    const [first, second] = await startRuns(api, 3);
    await api.events.append([runEvent(api, first ?? '', 'succeeded')]);
    await api.project();
    const list = async (query: Record<string, string>) =>
      (await api.ask({ path: '/runs', query })).body.runs.map(({ id }: { id: string }) => id);
    expect(await list({ status: 'succeeded' })).toEqual([first]);
    expect(await list({ tag: 'customer:c-1' })).toEqual([second]);
    expect(await list({ workflow: 'numbers' })).toEqual([]);
    expect(await list({ to: '2026-01-01T00:00:01Z' })).toEqual([first]);
    expect(await list({ from: '2026-01-01T01:00:01+01:00', to: '2026-01-01T00:00:02Z' })).toEqual([
      second,
    ]);
  });

  const WRONG: readonly (readonly [string, Record<string, string | string[]>, RegExp])[] = [
    ['an unknown parameter', { stauts: 'failed' }, /"stauts".*status/],
    ['an unknown status', { status: 'done' }, /status.*"done".*succeeded/],
    ['a tag without a value', { tag: 'customer' }, /tag.*key:value/],
    ['a time that is none', { from: 'yesterday' }, /from.*"yesterday"/],
    ['a day that is none', { to: '2026-13-01T00:00:00Z' }, /to is/],
    ['a limit of 0', { limit: '0' }, /limit.*1 to 100/],
    ['a limit too high', { limit: '101' }, /limit.*1 to 100/],
    ['two statuses', { status: ['failed', 'expired'] }, /status.*one value/],
    ['a cursor of nobody', { cursor: 'abc' }, /cursor/],
    ['a workflow that cannot be', { workflow: 'Support!' }, /workflow/],
  ];
  it.each(WRONG)('refuses %s by name', async (_name, query, says) => {
    const { status, body } = await apiUnderTest().ask({ path: '/runs', query });
    expect(status).toBe(400);
    expect(body.detail).toMatch(says);
  });
});

describe('GET /runs/{id}', () => {
  it('knows a run before its projection does', async () => {
    const api = apiUnderTest();
    const [id] = await startRuns(api, 1);
    const { status, body } = await api.ask({ path: `/runs/${id}` });
    expect(status).toBe(200);
    expect(body).toMatchObject({ id, status: 'accepted', tags: { customer: 'c-0' } });
  });

  it('adds what the projection has to what only the ledger knows', async () => {
    const api = apiUnderTest();
    const [id = ''] = await startRuns(api, 1);
    await api.readModel.apply([{ kind: 'event', event: runEvent(api, id, 'succeeded') }]);
    expect((await api.ask({ path: `/runs/${id}` })).body).toMatchObject({
      status: 'succeeded',
      output: 'out',
    });
  });

  it('hides the runs of other tenants', async () => {
    const api = apiUnderTest();
    const [id = ''] = await startRuns(api, 1);
    const record = await api.ledger.runs.read(id);
    if (record) {
      await api.ledger.runs.put({
        record: { ...record, tenant: 'other', rev: record.rev + 1 },
        expectedRev: record.rev,
      });
    }
    for (const path of [`/runs/${id}`, `/runs/${id}/events`, `/runs/${id}/trace`]) {
      expect((await api.ask({ path })).status).toBe(404);
    }
  });

  it('answers a trace and the health', async () => {
    const api = apiUnderTest();
    const [id] = await startRuns(api, 1);
    expect((await api.ask({ path: `/runs/${id}/trace` })).body).toMatchObject({
      run: id,
      spans: [],
    });
    expect((await api.ask({ path: '/health' })).body).toEqual({
      status: 'ok',
      stage: 'test',
      workflows: ['support', 'numbers'],
    });
  });
});

describe('GET /runs/{id}/events', () => {
  it('waits for what has not happened yet', async () => {
    const api = apiUnderTest();
    const [id = ''] = await startRuns(api, 1);
    await api.project();
    const page = (await api.ask({ path: `/runs/${id}/events` })).body;
    expect(page.events).toHaveLength(1);
    const waiting = api.send({
      path: `/runs/${id}/events`,
      query: { after: page.next, wait: '20' },
    });
    await api.system.advance(5000);
    await api.events.append([runEvent(api, id, 'started')]);
    await api.project();
    const next = (await api.system.run(waiting)).body;
    expect(next.events.map(({ type }: SignalboxEvent) => type)).toEqual(['signalbox.run.started']);
  });

  it('gives an empty page when the wait is over', async () => {
    const api = apiUnderTest();
    const [id] = await startRuns(api, 1);
    const { status, body } = await api.ask({ path: `/runs/${id}/events`, query: { wait: '3' } });
    expect(status).toBe(200);
    expect(body).toMatchObject({ events: [], more: false });
  });

  it('gives an event that turns up late, though later ones were read already', async () => {
    const api = apiUnderTest();
    const [id = ''] = await startRuns(api, 1);
    const late = runEvent(api, id, 'started', api.system.now() - 500);
    await api.events.append([runEvent(api, id, 'succeeded')]);
    await api.project();
    const { next } = (await api.ask({ path: `/runs/${id}/events` })).body;
    await api.events.append([late]);
    await api.project();
    const page = (await api.ask({ path: `/runs/${id}/events`, query: { after: next } })).body;
    expect(page.events.map((event: SignalboxEvent) => event.id)).toEqual([late.id]);
  });

  it('splits large pages, each answer within what Lambda may return', async () => {
    const api = apiUnderTest();
    const [id = ''] = await startRuns(api, 1);
    const domain = Array.from({ length: 30 }, (_, i) => ({
      ...runEvent(api, id, 'started'),
      id: `domain-${i}`,
      type: 'thing.happened',
      data: 'x'.repeat(300_000),
    }));
    await api.readModel.apply(domain.map((event) => ({ kind: 'event', event })));
    const seen: string[] = [];
    let after: string | undefined;
    for (;;) {
      const { body } = await api.ask({ path: `/runs/${id}/events`, query: after ? { after } : {} });
      expect(JSON.stringify(body).length).toBeLessThan(6_000_000);
      seen.push(...body.events.map((event: SignalboxEvent) => event.id));
      if (!body.more) break;
      after = body.next;
    }
    expect(seen.toSorted()).toEqual(domain.map((event) => event.id).toSorted());
  });

  it.each([
    ['after', 'nonsense'],
    ['after', Buffer.from('["x",[1]]').toString('base64url')],
    ['wait', '21'],
    ['wait', '-1'],
    ['wait', '1.5'],
  ])('refuses %s=%s', async (name, value) => {
    const api = apiUnderTest();
    const [id] = await startRuns(api, 1);
    const { status, body } = await api.ask({
      path: `/runs/${id}/events`,
      query: { [name]: value },
    });
    expect(status).toBe(400);
    expect(body.detail).toMatch(/cursor|wait/);
  });
});

import { describe, expect, it } from 'vitest';
import { registerFleet } from '../../../cli/fleet/register-fleet.ts';
import { watchFleet } from '../../../cli/fleet/watch-fleet.ts';
import type { Io } from '../../../cli/io.ts';
import { registerQuotas } from '../../../cli/quotas/register-quotas.ts';
import type { FleetView } from '../../../runtime/contracts/fleet.ts';
import { quotaView, stageView } from '../fleet/samples.ts';
import { commandLine } from './command-line.ts';
import type { Answer, Received } from './fake-api.ts';
import { screen } from './screen.ts';

const signalbox = (argv: readonly string[], answer: (request: Received) => Answer) =>
  commandLine([registerFleet, registerQuotas], argv, answer);

const QUIET: FleetView = {
  at: '2026-11-24T12:00:05.000Z',
  sentence: 'Nothing waits.',
  bottleneck: null,
  stages: [stageView(), stageView({ workflow: 'other' })],
  quotas: [],
  admissions: [],
  consumers: [],
  outbox: { waiting: 0, oldestSeconds: 0 },
};

const BUSY: FleetView = {
  ...QUIET,
  sentence: 'model:default is the bottleneck: 41 calls ahead at 2.0 a second.',
  bottleneck: { name: 'model:default', kind: 'quota', clearsInSeconds: 20.5 },
  stages: [
    stageView({
      arrivalPerSecond: 2.04,
      servicePerSecond: 1.5,
      oldestWaitSeconds: 0.31,
      queued: 3,
      inFlight: 12,
      deferred: 37,
      predictedWaitSeconds: 2,
    }),
    stageView({ agent: 'open-ticket' }),
  ],
  quotas: [
    quotaView({ ticketsAhead: 41, waitSeconds: 21, throttled: 6, taken: 1200, state: 'slowed' }),
    quotaView({ quota: 'crm', state: 'outage', ratePerSecond: 0, waitSeconds: null }),
  ],
  admissions: [
    {
      workflow: 'support',
      admitted: 120,
      rejected: 30,
      redeemed: 25,
      ratePerSecond: 1.98,
      predictedWaitSeconds: 9.5,
      maxQueueSeconds: 10,
      control: {
        atMs: 0,
        bottleneck: 'model:default',
        measuredPerSecond: 2,
        measuredWaitSeconds: 9,
        predictedWaitSeconds: 9.5,
        isClosed: false,
        runSeconds: 3,
        callsPerRun: {},
      },
    },
  ],
  consumers: [
    { consumer: 'project-events', lagSeconds: 0.2, eventsPerSecond: 40, readAt: QUIET.at },
  ],
};

describe('fleet', () => {
  it('says the sentence first, then the figures of what is busy', async () => {
    const { out, received } = await signalbox(['fleet'], () => ({ body: BUSY }));
    expect(received[0]).toMatchObject({ method: 'GET', path: '/fleet' });
    const lines = out.split('\n');
    expect(lines[0]).toBe(`●  ${BUSY.sentence}`);
    expect(out).toMatch(/support +answer-question +2\.04 +1\.5 +310 ms +3 +12 +37 +2\.0 s/);
    expect(out).toContain('1 stage is idle');
    expect(out).not.toContain('open-ticket');
    expect(out).toMatch(/model:default +slowed +2 +2 +41 +21\.0 s +6 +1200/);
    expect(out).toMatch(/crm +outage +0 +2 +0 +∞ +0 +0/);
    expect(out).toMatch(/support +1\.98 +9\.5 s +10\.0 s +120 +30 +25/);
    expect(out).toContain('project-events 200 ms behind the stream, 40 events a second');
  });

  it('is short where nothing happens', async () => {
    const { out } = await signalbox(['fleet'], () => ({ body: QUIET }));
    expect(out).toBe('✓  Nothing waits.\n\n2 stages are idle\n');
  });

  it('says what the outbox keeps', async () => {
    const body = { ...QUIET, outbox: { waiting: 25, oldestSeconds: 31 } };
    expect((await signalbox(['fleet'], () => ({ body }))).out).toContain(
      'outbox: at least 25 events for the stream, the oldest 31.0 s old',
    );
  });

  it('prints the view as it is with --json', async () => {
    const { out } = await signalbox(['fleet', '--json'], () => ({ body: BUSY }));
    expect(JSON.parse(out)).toEqual(BUSY);
  });

  it('keeps names from moving the cursor', async () => {
    const evil = '\u001b[2Jevil';
    const body = {
      ...BUSY,
      sentence: evil,
      stages: [stageView({ agent: evil, workflow: evil, queued: 1 })],
      quotas: [quotaView({ quota: evil, tenant: evil })],
    };
    const { out } = await signalbox(['fleet'], () => ({ body }));
    expect(out).toContain('evil');
    expect(out).not.toContain('\u001b');
  });
});

describe('fleet --watch', () => {
  /** Watches a fleet that shows these views, and is gone then. */
  async function watched(views: readonly FleetView[], json: boolean, over: Partial<Io> = {}) {
    const { io, written } = screen(over);
    const left = [...views];
    const fleet = async (): Promise<FleetView> => {
      const next = left.shift();
      if (next) return next;
      throw new RangeError('gone');
    };
    await expect(watchFleet({ fleet }, io, { json, everyMs: 1 })).rejects.toThrow('gone');
    return written.out;
  }

  it('says a line whenever the sentence changes', async () => {
    expect(await watched([QUIET, QUIET, BUSY, QUIET], false)).toBe(
      `12:00:05 Nothing waits.\n12:00:05 ${BUSY.sentence}\n12:00:05 Nothing waits.\n`,
    );
  });

  it('draws over what it drew at a terminal', async () => {
    const out = await watched([QUIET, BUSY], false, { isTerminal: true });
    expect(out).toContain('\u001b[3A\r\u001b[J');
    expect(out.endsWith('40 events a second\n')).toBe(true);
  });

  it('prints a JSON line for each look', async () => {
    const out = await watched([QUIET, QUIET, BUSY], true);
    const lines = out.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual([QUIET, QUIET, BUSY]);
  });
});

describe('quotas', () => {
  const answer = (parts: Parameters<typeof quotaView>[0]) => () => ({ body: quotaView(parts) });

  it('lists them', async () => {
    const { out, received } = await signalbox(['quotas', 'list'], () => ({
      body: { quotas: [quotaView({ limits: { requestsPerSecond: 2, tokensPerMinute: 9000 } })] },
    }));
    expect(received[0]?.path).toBe('/quotas');
    expect(out).toMatch(/model:default +open +2 +2 +9000 +0 +0 ms +0 +0/);
  });

  it('says when there are none', async () => {
    expect((await signalbox(['quotas', 'list'], () => ({ body: { quotas: [] } }))).out).toBe(
      'no quotas\n',
    );
  });

  it('sends what is set and nothing else, and says what the quota is then', async () => {
    const { out, received } = await signalbox(
      ['quotas', 'set', 'model:default', '--requests-per-second', '7.5', '--burst', '3'],
      answer({ limits: { requestsPerSecond: 7.5, burst: 3 }, setBy: 'operator' }),
    );
    expect(received[0]).toMatchObject({ method: 'POST', path: '/quotas/model%3Adefault' });
    expect(JSON.parse(received[0]?.body ?? '')).toEqual({ requestsPerSecond: 7.5, burst: 3 });
    expect(out).toBe(
      'model:default open: 7.5 calls a second, 3 at once after a pause, set by an operator\nnpx signalbox quotas set model:default --reset\n',
    );
  });

  it('goes back to the configuration', async () => {
    const { out, received } = await signalbox(['quotas', 'set', 'crm', '--reset'], answer({}));
    expect(JSON.parse(received[0]?.body ?? '')).toEqual({ reset: true });
    expect(out).toContain('as configured');
  });

  it('pauses and resumes', async () => {
    const closedAt = '2026-11-24T12:00:05.000Z';
    const paused = await signalbox(
      ['quotas', 'pause', 'crm'],
      answer({ state: 'paused', closedAt }),
    );
    expect(JSON.parse(paused.received[0]?.body ?? '')).toEqual({ paused: true });
    expect(paused.out).toContain('paused since 2026-11-24 12:00:05 UTC');
    expect(paused.out).toContain('npx signalbox quotas resume model:default');
    const resumed = await signalbox(['quotas', 'resume', 'crm'], answer({}));
    expect(JSON.parse(resumed.received[0]?.body ?? '')).toEqual({ paused: false });
  });

  it.each([
    [['quotas', 'set', 'crm'], 'nothing to set for crm'],
    [['quotas', 'set', 'crm', '--burst', 'many'], 'Allowed: a number.'],
    [['quotas', 'set', 'crm', '--burst', ''], 'Allowed: a number.'],
  ])('refuses %j without asking the API', async (argv, problem) => {
    const { err, exitCode, received } = await signalbox(argv, answer({}));
    expect([exitCode, received.length]).toEqual([2, 0]);
    expect(err).toContain(problem);
  });

  it('says what to do about a quota that is not there', async () => {
    const { err, exitCode } = await signalbox(['quotas', 'pause', 'x'], () => ({
      status: 404,
      body: {
        type: 'https://signalbox.dev/problems/quota-unknown',
        title: 'No such quota',
        status: 404,
        detail: 'There is no quota "x"; the stage has: crm.',
      },
    }));
    expect(exitCode).toBe(1);
    expect(err).toContain('There is no quota "x"');
    expect(err).toContain('npx signalbox quotas list');
  });
});

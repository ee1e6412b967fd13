import { describe, expect, it } from 'vitest';
import type { ReplayView } from '#runtime/contracts/api.ts';
import { registerConsumers } from '../../../cli/consumers/register-consumers.ts';
import { noPaint } from '../../../cli/draw/paint.ts';
import { replayLine, replayOutcome } from '../../../cli/draw/replay.ts';
import { commandLine } from './command-line.ts';
import type { Answer, Received } from './fake-api.ts';

const signalbox = (argv: readonly string[], answer: (request: Received) => Answer) =>
  commandLine([registerConsumers], argv, answer);

const VIEW: ReplayView = {
  ...{ id: 'r-1', consumer: 'router', state: 'done', at: 'events/2026/05/01/12/' },
  ...{ from: '2026-05-01T00:00:00.000Z', to: '2026-05-02T00:00:00.000Z', rate: 100 },
  ...{ hasEffects: false, isDryRun: false, failures: [] },
  ...{ startedAt: '2026-05-02T00:00:00.000Z', changedAt: '2026-05-02T00:01:00.000Z' },
  endedAt: '2026-05-02T00:01:10.000Z',
  counts: { read: 500, matched: 120, handled: 120, failed: 0 },
};

const OF_THE_PAST = [
  ...[
    ['--from', VIEW.from],
    ['--to', VIEW.to],
    ['--type', 'listings.found'],
  ],
  ...[['--rule', 'writeReport'], ['--rate', '5'], ['--dry-run'], ['--effects']],
];

describe('consumers replay', () => {
  it('orders what its options say, shows how far it is, and ends with what came of it', async () => {
    const states: ReplayView[] = [
      {
        ...VIEW,
        state: 'running',
        counts: { ...VIEW.counts, handled: 60, matched: 60, read: 300 },
      },
      VIEW,
    ];
    const { out, err, exitCode, received } = await signalbox(
      [
        'consumers',
        'replay',
        'router',
        '--from',
        VIEW.from,
        '--rule',
        'writeReport',
        '--rate',
        '5',
      ],
      ({ method }) => ({
        status: method === 'POST' ? 202 : 200,
        body: method === 'POST' ? states[0] : VIEW,
      }),
    );
    expect(received[0]).toMatchObject({ method: 'POST', path: '/consumers/router/replays' });
    expect(JSON.parse(received[0]?.body ?? '')).toEqual({
      from: VIEW.from,
      rule: 'writeReport',
      rate: 5,
    });
    expect(err).toContain(
      '60 of 60 events handled by the router (300 read, at events/2026/05/01/12/)',
    );
    expect(out).toContain('120 of 120 events handled by the router (500 read), in 1 min 10 s');
    expect(exitCode).toBe(0);
  });

  it('counts one event as one', () => {
    const counts = { ...VIEW.counts, handled: 0, matched: 1 };
    expect(replayLine({ ...VIEW, isDryRun: true, counts })).toContain('1 event would go to');
    expect(replayLine({ ...VIEW, counts })).toContain('0 of 1 event handled by');
  });

  it('fails when events could not be handled, and names them', async () => {
    const failure = {
      event: 'e-1',
      run: 'run-1',
      type: 'listings.found',
      cause: 'PoisonError: no',
    };
    const counts = { ...VIEW.counts, handled: 119, failed: 1 };
    const { out, exitCode } = await signalbox(
      ['consumers', 'replay', 'router', '--from', VIEW.from],
      () => ({ body: { ...VIEW, counts, failures: [failure] } }),
    );
    expect(out).toMatch(/run-1 +listings\.found +PoisonError: no/);
    expect(exitCode).toBe(1);
  });

  it('drains the lane of a run', async () => {
    const { out, received } = await signalbox(
      ['consumers', 'replay', 'projector', '--lanes', '--run', 'run-1'],
      () => ({ status: 202, body: { consumer: 'projector', run: 'run-1' } }),
    );
    expect(received[0]).toMatchObject({
      path: '/consumers/projector/lanes',
      body: '{"run":"run-1"}',
    });
    expect(out).toContain('drains the lane of run run-1');
  });
});

describe('consumers replay, ordered wrongly,', () => {
  it('asks from when on, or for lanes', async () => {
    const { err, exitCode, received } = await signalbox(['consumers', 'replay', 'router'], () => ({
      body: {},
    }));
    expect(err).toContain('--from TIME');
    expect(exitCode).toBe(2);
    expect(received).toEqual([]);
  });

  it.each([
    ['--lanes', OF_THE_PAST],
    ['--go-on', [...OF_THE_PAST, ['--run', 'run-1'], ['--lanes']]],
  ])('refuses %s with what it would ignore, by name, and sends nothing', async (option, others) => {
    for (const other of others) {
      const own = option === '--lanes' ? [option] : [option, 'r-1'];
      const argv = ['consumers', 'replay', 'router', ...own, ...other];
      const { err, exitCode, received } = await signalbox(argv, () => ({ body: {} }));
      expect([argv, exitCode, received]).toEqual([argv, 2, []]);
      expect(err).toMatch(new RegExp(`'${option}.*cannot be used with.*'${other[0]}`));
    }
  });

  it.each(['fast', '', 'NaN'])('refuses the rate %j, and sends nothing', async (rate) => {
    const argv = ['consumers', 'replay', 'router', '--from', VIEW.from, '--rate', rate];
    const { err, exitCode, received } = await signalbox(argv, () => ({ body: {} }));
    expect([exitCode, received]).toEqual([2, []]);
    expect(err).toContain(`argument '${rate}' is invalid. Allowed: a number.`);
  });

  it('says what the API has refused: what was got, and what there is', async () => {
    const detail = 'There is no rule "writeRepord"; deployed: writeReport, searchListings';
    const { out, err, exitCode } = await signalbox(
      ['consumers', 'replay', 'router', '--from', VIEW.from, '--rule', 'writeRepord', '--dry-run'],
      () => ({
        status: 400,
        body: {
          ...{ type: 'https://signalbox.dev/problems/rule-unknown', title: 'No such rule' },
          ...{ status: 400, detail },
        },
      }),
    );
    expect([out, exitCode]).toEqual(['', 1]);
    expect(err).toContain(detail);
  });
});

describe('consumers rebuild', () => {
  const rebuilt: ReplayView = {
    ...VIEW,
    consumer: 'projector',
    table: 'read-model-20260502000000',
  };

  it('says that the fresh table is equal, and how many runs were compared', () => {
    const comparison = { compared: 400, different: 0, examples: [] };
    const lines = replayOutcome({ ...rebuilt, comparison }, { width: 120, paint: noPaint });
    expect(lines.at(-1)).toBe(
      'read-model-20260502000000 is equal to the live read model: 400 runs compared.',
    );
  });

  it('fails when it differs, and says where', async () => {
    const examples = ['run run-1: event e-1 (signalbox.run.started) is not in the live table'];
    const { out, exitCode } = await signalbox(['consumers', 'rebuild', 'projector'], () => ({
      body: { ...rebuilt, comparison: { compared: 400, different: 1, examples } },
    }));
    expect(out).toContain('differs from the live read model in 1 of 400 runs:');
    expect(out).toContain(examples[0]);
    expect(exitCode).toBe(1);
  });
});

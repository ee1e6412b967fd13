import { Command } from 'commander';
import { afterEach, describe, expect, it } from 'vitest';
import { registerApprovals } from '../../../cli/approvals/register-approvals.ts';
import { noPaint } from '../../../cli/draw/paint.ts';
import type { Io } from '../../../cli/io.ts';
import { runProgram } from '../../../cli/run-program.ts';
import { registerRuns } from '../../../cli/runs/register-runs.ts';
import { type Answer, type Received, startFakeApi } from './fake-api.ts';
import { run, step } from './fixtures.ts';

let close: () => Promise<void> = async () => {};
afterEach(() => close());

async function signalbox(argv: readonly string[], answer: (request: Received) => Answer) {
  const api = await startFakeApi(answer);
  close = api.close;
  const said = { out: '', err: '', exitCode: 0 };
  const io: Io = {
    env: { SIGNALBOX_API_URL: api.url },
    cwd: '/nowhere',
    width: 100,
    isTerminal: false,
    paint: noPaint,
    errorPaint: noPaint,
    out: (chunk) => {
      said.out += chunk;
    },
    err: (chunk) => {
      said.err += chunk;
    },
    readStdin: async () => '',
    now: () => Date.parse('2026-11-24T12:00:05.000Z'),
    setExitCode: (code) => {
      said.exitCode = code;
    },
  };
  const program = new Command('signalbox');
  registerRuns(program, io);
  registerApprovals(program, io);
  await runProgram(program, argv, io);
  return { ...said, received: api.received };
}

const asking = step('publish', {
  agent: 'platform',
  status: 'waiting',
  wait: {
    for: 'approval',
    title: 'Publish this report?',
    options: ['approve', 'reject'],
    show: { report: 'Trains run late.' },
    until: '2026-11-25T12:00:00.000Z',
  },
});

describe('approvals list', () => {
  it('shows what is asked, what is to be seen, until when, and how to answer', async () => {
    const waiting = run({ id: 'r1', status: 'waiting', steps: [asking] });
    const { out, received } = await signalbox(['approvals', 'list'], ({ path }) => ({
      body: path.startsWith('/runs?') ? { runs: [waiting] } : waiting,
    }));
    expect(received.map(({ path }) => path)).toEqual(['/runs?status=waiting', '/runs/r1']);
    expect(out).toContain('Publish this report?');
    expect(out).toContain('Trains run late.');
    expect(out).toContain('publish · approve or reject by 2026-11-25 12:00:00 UTC');
    expect(out).toContain('npx signalbox runs approve r1 publish');
  });

  it('says so when nothing waits for a decision', async () => {
    const { out } = await signalbox(['approvals', 'list'], () => ({ body: { runs: [] } }));
    expect(out).toBe('nothing waits for a decision\n');
  });
});

describe('runs approve, reject and decide', () => {
  const approval = {
    run: 'r1',
    step: 'publish',
    decision: 'approve',
    by: 'ann',
    note: 'fine',
    at: '2026-11-24T12:00:00.000Z',
  };

  it.each([
    [['approve', 'r1', 'publish'], 'approve'],
    [['reject', 'r1', 'publish'], 'reject'],
    [['decide', 'r1', 'publish', 'later'], 'later'],
  ])('%j sends the decision, who decides and why', async (words, decision) => {
    const { out, received } = await signalbox(
      ['runs', ...words, '--note', 'fine', '--by', 'ann'],
      () => ({ body: { ...approval, decision } }),
    );
    expect(received[0]).toMatchObject({ method: 'POST', path: '/runs/r1/approvals/publish' });
    expect(JSON.parse(received[0]?.body ?? '')).toEqual({ decision, by: 'ann', note: 'fine' });
    expect(out).toContain(`publish: ${decision}, by ann at 2026-11-24 12:00:00 UTC ("fine")`);
  });
});

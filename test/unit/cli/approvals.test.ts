import { describe, expect, it } from 'vitest';
import { registerApprovals } from '../../../cli/approvals/register-approvals.ts';
import { registerRuns } from '../../../cli/runs/register-runs.ts';
import { commandLine } from './command-line.ts';
import type { Answer, Received } from './fake-api.ts';
import { run, step } from './fixtures.ts';

const signalbox = (argv: readonly string[], answer: (request: Received) => Answer) =>
  commandLine([registerRuns, registerApprovals], argv, answer, {
    width: 100,
    now: () => Date.parse('2026-11-24T12:00:05.000Z'),
  });

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

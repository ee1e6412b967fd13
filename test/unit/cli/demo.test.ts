import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { Claims } from '../../../cli/demo/claims.ts';
import { reportOf, type Told } from '../../../cli/demo/report.ts';
import { listProcesses, parsePs, workersOf } from '../../../cli/demo/worker.ts';
import { noPaint } from '../../../cli/draw/paint.ts';
import { event, run, step } from './fixtures.ts';

const TICKET = 'signalbox-local-open-ticket';
const worker = (name: string): string => `node /tmp/x/ministack-lambda-${name}-ab12/_worker.mjs`;

describe('workersOf', () => {
  it('names the workers of the function below the cloud, at any depth, and nobody else', () => {
    const processes = [
      { pid: 10, parent: 1, command: 'python -m ministack' },
      { pid: 11, parent: 10, command: worker(TICKET) },
      { pid: 12, parent: 10, command: worker('signalbox-local-answer-question') },
      { pid: 13, parent: 10, command: 'sh -c' },
      { pid: 14, parent: 13, command: worker(TICKET) },
      { pid: 20, parent: 1, command: 'python -m ministack' },
      { pid: 21, parent: 20, command: worker(TICKET) },
    ];
    expect(workersOf(processes, 10, TICKET)).toEqual([11, 14]);
    expect(workersOf(processes, 30, TICKET)).toEqual([]);
  });

  it('does not take a function for another one whose name begins alike', () => {
    const processes = [{ pid: 11, parent: 10, command: worker(`${TICKET}s`) }];
    expect(workersOf(processes, 10, TICKET)).toEqual([]);
  });

  it('reads what ps prints on macOS', () => {
    expect(parsePs('    1     0 /sbin/launchd\n  512     1 node a b\n\n')).toEqual([
      { pid: 1, parent: 0, command: '/sbin/launchd' },
      { pid: 512, parent: 1, command: 'node a b' },
    ]);
  });
});

describe('listProcesses', () => {
  it('finds a child of this process with its command line', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', worker(TICKET)]);
    try {
      const found = (await listProcesses()).find(({ pid }) => pid === child.pid);
      expect(found).toMatchObject({ parent: process.pid });
      expect(found?.command).toContain(worker(TICKET));
    } finally {
      child.kill('SIGKILL');
    }
  });
});

describe('Claims', () => {
  it('hold when at least one was checked and none failed', () => {
    const claims = new Claims();
    expect(claims.hold).toBe(false);
    claims.check('one ticket', true, '1');
    expect(claims.hold).toBe(true);
    claims.check('asked once', false, '2 requests');
    expect(claims.hold).toBe(false);
    expect(claims.lines(noPaint)).toEqual(['✓ one ticket', '✗ asked once; found: 2 requests']);
  });
});

describe('reportOf', () => {
  const told = (id: string, output: unknown): Told => ({
    question: `question of ${id}`,
    run: run({ id, output, steps: [step('intent', { queuedMs: 4, runMs: 9 })] }),
    events: [event('signalbox.run.accepted'), event('signalbox.run.succeeded')],
  });

  it('is the document that the demo promises', () => {
    const citations = [{ file: 'README.md', heading: 'Try it' }];
    const report = reportOf(
      [
        told('r1', { kind: 'answered', answer: 'Yes.', citations }),
        told('r2', {
          kind: 'handed-off',
          ticketId: 'T-1',
          reason: 'person-requested',
          summary: 's',
        }),
      ],
      { deliveries: 2, kills: 1, effects: 1 },
      61_234,
    );
    const common = {
      status: 'succeeded',
      steps: [{ path: 'intent', attempts: 1, queuedMs: 4, runMs: 9 }],
      eventTypes: ['signalbox.run.accepted', 'signalbox.run.succeeded'],
    };
    expect(report).toEqual({
      runs: [
        { runId: 'r1', question: 'question of r1', answer: 'Yes.', citations, ...common },
        {
          runId: 'r2',
          question: 'question of r2',
          answer: 'Handed to a person: ticket T-1.',
          citations: [],
          ...common,
        },
      ],
      broken: { deliveries: 2, kills: 1, effects: 1 },
      elapsedSeconds: 61.2,
    });
  });
});

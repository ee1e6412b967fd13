/**
 * https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
 * "Retrying after an error": MaxDelaySeconds, JitterStrategy.
 */
import { expect } from 'vitest';
import { type Contract, contractTest } from './harness.ts';

/** A state that fails at once, as often as it is tried. */
const failing = (retry: Readonly<Record<string, unknown>>) => ({
  StartAt: 'Send',
  States: {
    Send: {
      Type: 'Task',
      Resource: 'arn:aws:states:::sqs:sendMessage',
      Arguments: { QueueUrl: 'https://sqs.us-east-1.amazonaws.com/0/absent', MessageBody: 'x' },
      Retry: [{ ErrorEquals: ['States.ALL'], ...retry }],
      End: true,
    },
  },
});

/** Seconds between an attempt's end and the next attempt's start. */
async function delays({ start, ended, history }: Contract, machine: { name: string; arn: string }) {
  const execution = await start(machine);
  expect(await ended(execution)).toMatchObject({ status: 'FAILED' });
  const events = await history(execution);
  const times = (type: string) =>
    events.flatMap((event) => (event.type === type ? [Number(event.timestamp)] : []));
  const [, ...starts] = times('TaskScheduled');
  const ends = times('TaskFailed');
  return starts.map((start, i) => (start - (ends[i] ?? Number.NaN)) / 1000);
}

contractTest('a retry waits longer each time, at most MaxDelaySeconds', async (contract) => {
  const machine = await contract.stateMachine(
    failing({ IntervalSeconds: 1, BackoffRate: 20, MaxDelaySeconds: 3, MaxAttempts: 3 }),
  );
  const [first = 0, second = 0, third = 0, ...more] = await delays(contract, machine);
  expect(more).toEqual([]);
  expect(first).toBeGreaterThan(0.9);
  expect(first).toBeLessThan(2.9);
  for (const capped of [second, third]) {
    expect(capped).toBeGreaterThan(2.9);
    // Without a limit they would be 20 and 400 seconds.
    expect(capped).toBeLessThan(15);
  }
});

contractTest('a retry with full jitter comes at any time within its delay', async (contract) => {
  const machine = await contract.stateMachine(
    failing({ IntervalSeconds: 2, MaxAttempts: 1, JitterStrategy: 'FULL' }),
  );
  const runs = Array.from({ length: 12 }, () => delays(contract, machine));
  const waited = (await Promise.all(runs)).flat();
  expect(waited).toHaveLength(12);
  // By chance alone, one run in ten million would fail here.
  expect(Math.min(...waited)).toBeLessThan(1.5);
  expect(Math.max(...waited)).toBeGreaterThan(0.5);
  // A busy machine may be late with it.
  expect(Math.max(...waited)).toBeLessThan(5);
});

contractTest(
  'an error that no retrier or catcher may handle ends the execution',
  async (contract) => {
    const half = 'x'.repeat(150 * 1024);
    const branch = {
      StartAt: 'Half',
      States: { Half: { Type: 'Pass', Output: half, End: true } },
    };
    const machine = await contract.stateMachine({
      StartAt: 'Both',
      States: {
        Both: {
          Type: 'Parallel',
          Branches: [branch, branch],
          Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Caught' }],
          End: true,
        },
        Caught: { Type: 'Pass', End: true },
      },
    });
    expect(await contract.ended(await contract.start(machine))).toMatchObject({
      status: 'FAILED',
      error: 'States.DataLimitExceeded',
    });
  },
);

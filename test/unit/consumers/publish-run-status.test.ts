import { describe, expect, it } from 'vitest';
import { MemoryEventLog } from '#runtime/adapters/memory/event-log.ts';
import { MemoryExecutionReader } from '#runtime/adapters/memory/execution-reader.ts';
import { MemoryLedger } from '#runtime/adapters/memory/ledger.ts';
import { ThrottledError } from '#runtime/contracts/errors.ts';
import { newRun } from '#runtime/core/start-run.ts';
import { publishRunStatus, type RunStatusPorts } from '#runtime/lambda/publish-run-status.ts';
import type { ExecutionDescription } from '#runtime/ports.ts';
import { RUN, T0 } from '../../support/story.ts';
import { sqsBatch } from '../../support/stream-batch.ts';

const EXECUTION = `arn:aws:states:eu-west-1:123456789012:execution:signalbox-test-support:${RUN}-0`;

/** What Step Functions says by EventBridge when an execution changes its status. */
const change = (detail: Readonly<Record<string, unknown>>): string =>
  JSON.stringify({
    version: '0',
    id: '315c1398-40ff-a850-213b-158f73e60175',
    'detail-type': 'Step Functions Execution Status Change',
    source: 'aws.states',
    account: '123456789012',
    time: '2026-01-01T00:00:02Z',
    region: 'eu-west-1',
    resources: [],
    detail: {
      executionArn: EXECUTION,
      stateMachineArn: 'arn:aws:states:eu-west-1:123456789012:stateMachine:signalbox-test-support',
      name: `${RUN}-0`,
      status: 'RUNNING',
      startDate: T0 + 500,
      stopDate: null,
      input: '{}',
      inputDetails: { included: true },
      output: null,
      outputDetails: null,
      error: null,
      cause: null,
      ...detail,
    },
  });

const stopped = (status: string, more: Readonly<Record<string, unknown>> = {}): string =>
  change({ status, stopDate: T0 + 2500, ...more });

async function publisher(replace: (real: RunStatusPorts) => RunStatusPorts = (ports) => ports) {
  const [ledger, events] = [new MemoryLedger(), new MemoryEventLog()];
  const record = newRun(
    {
      run: RUN,
      tenant: 'acme',
      workflow: 'support',
      defVersion: 'v',
      sent: {},
      input: {},
      tags: {},
      deadlineSeconds: 60,
      deadlineMs: null,
      traceparent: null,
    },
    T0,
  );
  await ledger.runs.put({ record, expectedRev: null });
  const logged: unknown[] = [];
  const ports = replace({
    runs: ledger.runs,
    events,
    deadLetters: ledger.deadLetters,
    executions: new MemoryExecutionReader(),
    telemetry: { log: (...line) => void logged.push(line) },
  });
  return {
    ledger,
    events,
    logged,
    publish: (...bodies: readonly string[]) => publishRunStatus(ports, sqsBatch(bodies)),
  };
}

const STATUSES: readonly (readonly [string, string, Record<string, unknown>])[] = [
  [change({}), 'signalbox.run.started', {}],
  [
    stopped('SUCCEEDED', { output: '{"answer":42}' }),
    'signalbox.run.succeeded',
    { durationMs: 2000, output: { answer: 42 } },
  ],
  [
    stopped('FAILED', { error: 'X', cause: 'c' }),
    'signalbox.run.failed',
    { error: 'X', cause: 'c' },
  ],
  [stopped('FAILED'), 'signalbox.run.failed', { error: 'States.Failed', cause: '' }],
  [stopped('FAILED', { error: 'States.Timeout' }), 'signalbox.run.expired', {}],
  [stopped('FAILED', { error: 'Agent.DeadlineExceeded' }), 'signalbox.run.expired', {}],
  [stopped('FAILED', { error: 'Agent.Stopped' }), 'signalbox.run.stopped', {}],
  [stopped('TIMED_OUT'), 'signalbox.run.expired', { error: 'States.Timeout' }],
  [stopped('ABORTED'), 'signalbox.run.stopped', { error: 'States.Aborted' }],
];

describe('a status change of a run', () => {
  it.each(STATUSES)('%s becomes %s', async (body, type, data) => {
    const { publish, events } = await publisher();
    expect(await publish(body)).toEqual({ batchItemFailures: [] });
    expect(events.events).toMatchObject([
      { type, run: RUN, gen: 0, tenant: 'acme', workflow: 'support', data },
    ]);
  });

  it('has the time at which it happened', async () => {
    const { publish, events } = await publisher();
    await publish(change({}), stopped('SUCCEEDED', { output: '1' }));
    expect(events.events.map(({ time }) => Date.parse(time) - T0)).toEqual([500, 2500]);
  });

  it('is the same event, id and content, however often it is delivered', async () => {
    const { publish, events } = await publisher();
    await publish(stopped('FAILED', { error: 'X' }));
    await publish(stopped('FAILED', { error: 'X' }));
    const [first, second] = events.events;
    expect(second).toEqual(first);
  });

  it('belongs to the generation in the execution’s name', async () => {
    const { publish, events } = await publisher();
    await publish(change({ name: `${RUN}-3` }));
    expect(events.events[0]?.gen).toBe(3);
  });

  it('says that a run succeeded even when its output was too large to be told', async () => {
    const { publish, events } = await publisher();
    await publish(stopped('SUCCEEDED', { outputDetails: { included: false } }));
    expect(events.events[0]?.type).toBe('signalbox.run.succeeded');
    expect(events.events[0]?.data).not.toHaveProperty('output');
  });
});

describe('a change that came without what its event is made of', () => {
  /** A publisher that asks Step Functions, which gives `described`. */
  async function asking(described: Omit<ExecutionDescription, 'startMs'> | null) {
    const executions = new MemoryExecutionReader();
    if (described) executions.set(EXECUTION, { startMs: T0 + 500, ...described });
    return {
      asked: executions.asked,
      ...(await publisher((real) => ({ ...real, executions }))),
    };
  }

  it.each([
    ['FAILED', 'Agent.DeadlineExceeded', 'signalbox.run.expired'],
    ['FAILED', 'Agent.Terminal', 'signalbox.run.failed'],
    ['ABORTED', 'Agent.Stopped', 'signalbox.run.stopped'],
    ['TIMED_OUT', 'States.Timeout', 'signalbox.run.expired'],
  ])('is completed: %s by %s becomes %s', async (status, error, type) => {
    const { publish, events, asked } = await asking({ status, error, cause: 'why' });
    expect(await publish(stopped(status))).toEqual({ batchItemFailures: [] });
    expect(events.events).toMatchObject([{ type, data: { error, cause: 'why' } }]);
    expect(asked).toEqual([EXECUTION]);
  });

  it('gets the output that was left out', async () => {
    const { publish, events, asked } = await asking({ status: 'SUCCEEDED', output: '{"a":1}' });
    await publish(stopped('SUCCEEDED', { outputDetails: { included: false } }));
    expect(events.events[0]?.data).toMatchObject({ output: { a: 1 } });
    expect(asked).toEqual([EXECUTION]);
  });

  it('comes again while Step Functions still describes the execution as it was before', async () => {
    const { publish, events } = await asking({ status: 'RUNNING' });
    expect((await publish(stopped('FAILED'))).batchItemFailures).toHaveLength(1);
    expect(events.events).toEqual([]);
  });

  it('is published as it is when Step Functions knows the execution no more', async () => {
    const { publish, events } = await asking(null);
    await publish(stopped('FAILED'), stopped('SUCCEEDED'));
    expect(events.events).toMatchObject([
      { type: 'signalbox.run.failed', data: { error: 'States.Failed', cause: '' } },
      { type: 'signalbox.run.succeeded' },
    ]);
  });

  it('comes again, alone, when the question is throttled', async () => {
    const { publish, events } = await publisher((real) => ({
      ...real,
      executions: { describe: () => Promise.reject(new ThrottledError('15 a second')) },
    }));
    expect(await publish(change({}), stopped('FAILED'))).toEqual({
      batchItemFailures: [{ itemIdentifier: 'message-1' }],
    });
    expect(events.events).toMatchObject([{ type: 'signalbox.run.started' }]);
  });

  it.each([
    ['it runs', change({})],
    ['it failed with an error', stopped('FAILED', { error: 'X', cause: 'c' })],
    ['it succeeded with its output', stopped('SUCCEEDED', { output: 'null' })],
    ['nothing of a run is said', change({ status: 'PENDING_REDRIVE' })],
    ['it is none of ours', stopped('FAILED', { name: 'nightly-report' })],
  ])('is the only reason to ask: not when %s', async (_name, body) => {
    const { publish, asked } = await asking({ status: 'FAILED' });
    await publish(body);
    expect(asked).toEqual([]);
  });
});

describe('an output that an event cannot carry', () => {
  it.each([
    ['too large once it is written as JSON again', `[${'1e20,'.repeat(40_000)}1]`],
    ['nested too deep', `${'['.repeat(300)}${']'.repeat(300)}`],
  ])('is left out: %s', async (_name, output) => {
    const { publish, events } = await publisher();
    expect(await publish(stopped('SUCCEEDED', { output }))).toEqual({ batchItemFailures: [] });
    expect(events.events).toMatchObject([{ type: 'signalbox.run.succeeded' }]);
    expect(events.events[0]?.data).not.toHaveProperty('output');
  });
});

describe('a message that is none of ours', () => {
  it.each([
    ['another naming', change({ name: 'nightly-report' })],
    ['a run that the ledger does not know', change({ name: `${RUN.replace('0', '1')}-0` })],
    ['a status that is none of a run’s', change({ status: 'PENDING_REDRIVE' })],
  ])('is acknowledged without an event: %s', async (_name, body) => {
    const { publish, events, ledger } = await publisher();
    expect(await publish(body)).toEqual({ batchItemFailures: [] });
    expect([events.events, ledger.parked()]).toEqual([[], []]);
  });

  it.each([
    ['text', 'nonsense'],
    ['another event', JSON.stringify({ detail: { name: 7 } })],
  ])('is parked with its cause when it cannot be read: %s', async (_name, body) => {
    const { publish, ledger } = await publisher();
    expect(await publish(body, change({}))).toEqual({ batchItemFailures: [] });
    expect(ledger.parked()).toMatchObject([
      { agent: 'publish-run-status', code: 'MESSAGE_INVALID', body },
    ]);
  });
});

describe('a dependency that is away', () => {
  it('brings back the messages that it concerns, and no others', async () => {
    const { publish, events } = await publisher((real) => ({
      ...real,
      runs: {
        ...real.runs,
        read: async (run) => {
          if (run !== RUN) throw new RangeError('away');
          return real.runs.read(run);
        },
      },
    }));
    const other = change({ name: `${RUN.replace('0', '1')}-0` });
    expect(await publish(change({}), other)).toEqual({
      batchItemFailures: [{ itemIdentifier: 'message-1' }],
    });
    expect(events.events).toHaveLength(1);
  });

  it('brings back what the stream did not take', async () => {
    const { publish } = await publisher((real) => ({
      ...real,
      events: { append: () => Promise.reject(new RangeError('away')) },
    }));
    expect(await publish(change({}))).toEqual({
      batchItemFailures: [{ itemIdentifier: 'message-0' }],
    });
  });
});

describe('R1: the end of a run', () => {
  const SUCCEEDED = stopped('SUCCEEDED', { output: '1' });
  const END = { gen: 0, status: 'succeeded', at: new Date(T0 + 2500).toISOString() };

  it('is on its record when the change is acknowledged', async () => {
    const { publish, ledger } = await publisher();
    expect(await publish(SUCCEEDED)).toEqual({ batchItemFailures: [] });
    expect((await ledger.runs.read(RUN))?.end).toEqual(END);
  });

  it('is not on record while its event is nowhere: the reconciler would forget the run', async () => {
    const { publish, ledger } = await publisher((real) => ({
      ...real,
      events: { append: () => Promise.reject(new RangeError('away')) },
    }));
    await publish(SUCCEEDED);
    expect((await ledger.runs.read(RUN))?.end).toBeUndefined();
  });

  it('brings the change back when it cannot be noted', async () => {
    const { publish, events } = await publisher((real) => ({
      ...real,
      runs: {
        read: (run) => real.runs.read(run),
        put: () => Promise.reject(new RangeError('away')),
      },
    }));
    expect((await publish(SUCCEEDED)).batchItemFailures).toHaveLength(1);
    expect(events.events).toHaveLength(1);
  });

  it('is noted beside whatever else was written meanwhile', async () => {
    const { publish, ledger } = await publisher((real) => ({
      ...real,
      events: {
        append: async (events) => {
          const record = await real.runs.read(RUN);
          if (!record) throw new TypeError('no record');
          const changed = { ...record, rev: record.rev + 1, progress: 'announced' } as const;
          await real.runs.put({ record: changed, expectedRev: record.rev });
          await real.events.append(events);
        },
      },
    }));
    await publish(SUCCEEDED);
    expect(await ledger.runs.read(RUN)).toMatchObject({ progress: 'announced', end: END });
  });

  it('is the first that was heard of: another one of the same generation is not told', async () => {
    const { publish, ledger, events } = await publisher();
    await publish(SUCCEEDED);
    expect(await publish(stopped('ABORTED', { error: 'Agent.Stopped', cause: '' }))).toEqual({
      batchItemFailures: [],
    });
    expect(events.events.map(({ type }) => type)).toEqual(['signalbox.run.succeeded']);
    expect((await ledger.runs.read(RUN))?.end).toEqual(END);
  });

  it('of an earlier generation is told, and leaves the record of a later one alone', async () => {
    const { publish, ledger, events } = await publisher();
    const record = await ledger.runs.read(RUN);
    if (!record) throw new TypeError('no record');
    await ledger.runs.put({ record: { ...record, rev: 2, gen: 1 }, expectedRev: 1 });
    await publish(SUCCEEDED);
    expect(events.events).toMatchObject([{ type: 'signalbox.run.succeeded', gen: 0 }]);
    expect((await ledger.runs.read(RUN))?.end).toBeUndefined();
  });
});

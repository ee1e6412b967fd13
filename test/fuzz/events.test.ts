/**
 * Every record of the stream through the projector, every status change through the publisher: it ends in
 * the read model, in the stream, parked with its cause or returned, and its neighbours do not notice.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MemoryEventLog } from '#runtime/adapters/memory/event-log.ts';
import { MemoryExecutionReader } from '#runtime/adapters/memory/execution-reader.ts';
import { MemoryLedger } from '#runtime/adapters/memory/ledger.ts';
import { MemoryReadModel } from '#runtime/adapters/memory/read-model.ts';
import { MemoryStageMeter } from '#runtime/adapters/memory/stage-meter.ts';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import { runViewOf } from '#runtime/core/run-view.ts';
import { newRun } from '#runtime/core/start-run.ts';
import { traceOf } from '#runtime/core/trace.ts';
import { type ProjectorPorts, projectEvents } from '#runtime/lambda/project-events.ts';
import { publishRunStatus } from '#runtime/lambda/publish-run-status.ts';
import { consumerPorts } from '../support/consumer-ports.ts';
import { accepted, RUN, shortStory, T0 } from '../support/story.ts';
import { kinesisBatch, sqsBatch } from '../support/stream-batch.ts';
import { anyOf, SEED } from './hostile.ts';

const projectorPorts = (ledger: MemoryLedger, readModel: MemoryReadModel): ProjectorPorts => ({
  ...consumerPorts({ deadLetters: ledger.deadLetters }),
  readModel,
  meter: new MemoryStageMeter(),
});
const story = shortStory();
const one = (type: string): SignalboxEvent =>
  story.find((event) => event.type === type) ?? accepted();

const anyRecord = fc.oneof(
  ...[
    'signalbox.run.accepted',
    'signalbox.run.succeeded',
    'signalbox.step.started',
    'signalbox.step.succeeded',
    'signalbox.call.succeeded',
  ].map((type) => anyOf(one(type))),
);

describe(`a record of the stream among others (seed ${SEED})`, () => {
  test('R8, R11: is read or parked with its cause; its neighbours are projected, and the run can be shown', async () => {
    const fates: string[] = [];
    await fc.assert(
      fc.asyncProperty(anyRecord, async (record) => {
        const [ledger, readModel] = [new MemoryLedger(), new MemoryReadModel()];
        const ports = projectorPorts(ledger, readModel);
        const batch = kinesisBatch([...story.slice(0, 5), record, ...story.slice(5)]);
        await projectEvents(ports, batch);
        await projectEvents(ports, batch);
        const events = await allEvents(readModel);
        const ids = new Set(events.map(({ id }) => id));
        expect(story.filter(({ id }) => !ids.has(id))).toEqual([]);
        const parked = ledger.parked();
        expect(parked.filter(({ cause }) => cause === '')).toEqual([]);
        const isRead = parked.length === 0 && (await isKnown(readModel, record));
        expect(isRead || parked.length === 1, `neither read nor parked: ${record}`).toBe(true);
        fates.push(isRead ? 'read' : 'parked');
        expect(() => [runViewOf(events, T0 + 9000), traceOf(events, T0 + 9000)]).not.toThrow();
      }),
      { seed: SEED, numRuns: 600 },
    );
    expect(new Set(fates)).toEqual(new Set(['read', 'parked']));
  });

  test('bytes that are no text are parked', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), async (bytes) => {
        const [ledger, readModel] = [new MemoryLedger(), new MemoryReadModel()];
        const ports = projectorPorts(ledger, readModel);
        const batch = kinesisBatch(['', ...story]);
        const [first] = batch.Records;
        if (first) first.kinesis.data = Buffer.from(bytes).toString('base64');
        await projectEvents(ports, batch);
        expect(ledger.parked()).toHaveLength(1);
        expect(await allEvents(readModel)).toHaveLength(story.length);
      }),
      { seed: SEED, numRuns: 100 },
    );
  });
});

async function allEvents(readModel: MemoryReadModel): Promise<readonly SignalboxEvent[]> {
  return (await readModel.events({ run: RUN, limit: 1000 })).events;
}

async function isKnown(readModel: MemoryReadModel, record: string): Promise<boolean> {
  const { run, id } = JSON.parse(record);
  const { events } = await readModel.events({ run, limit: 1000 });
  return events.some((event) => event.id === id);
}

const change = (run: string, detail: object = {}) => ({
  version: '0',
  'detail-type': 'Step Functions Execution Status Change',
  source: 'aws.states',
  detail: {
    executionArn: `arn:aws:states:eu-west-1:123456789012:execution:signalbox-test-support:${run}-0`,
    name: `${run}-0`,
    status: 'SUCCEEDED',
    startDate: T0 + 500,
    stopDate: T0 + 2500,
    input: '{}',
    output: '{"kind":"answered"}',
    error: null,
    cause: null,
    ...detail,
  },
});

const OTHER = 'otherotherotherotherother0';

async function publish(body: string) {
  const [ledger, events] = [new MemoryLedger(), new MemoryEventLog()];
  for (const run of [RUN, OTHER]) {
    const start = {
      run,
      tenant: 'acme',
      workflow: 'support',
      defVersion: 'v',
      sent: {},
      input: {},
      tags: {},
      deadlineSeconds: 60,
      deadlineMs: null,
      traceparent: null,
    };
    await ledger.runs.put({ record: newRun(start, T0), expectedRev: null });
  }
  const logged: string[] = [];
  const ports = {
    runs: ledger.runs,
    events,
    deadLetters: ledger.deadLetters,
    executions: new MemoryExecutionReader(),
    telemetry: { log: (_level: string, text: string) => void logged.push(text) },
  };
  const neighbour = JSON.stringify(change(OTHER));
  const { batchItemFailures } = await publishRunStatus(ports, sqsBatch([body, neighbour]));
  return { ledger, events: events.events, logged, returned: batchItemFailures };
}

describe(`a status change among others (seed ${SEED})`, () => {
  test('R8: is told, parked with its cause, returned, or said to be none of ours; its neighbour is told', async () => {
    const fates: string[] = [];
    const anyChange = fc.oneof(
      anyOf(change(RUN)),
      anyOf(change(RUN, { status: 'FAILED', error: 'Agent.Terminal', cause: '{}', output: null })),
    );
    await fc.assert(
      fc.asyncProperty(anyChange, async (body) => {
        const { ledger, events, logged, returned } = await publish(body);
        expect(events.filter(({ run }) => run === OTHER)).toHaveLength(1);
        expect(returned.filter(({ itemIdentifier }) => itemIdentifier === 'message-1')).toEqual([]);
        const parked = ledger.parked();
        const fate =
          (returned.length > 0 && 'returned') ||
          (parked.length > 0 && 'parked') ||
          (events.some(({ run }) => run === RUN) && 'told') ||
          (logged.some((text) => text.includes('no run of ours')) && 'foreign') ||
          'dropped';
        // An execution status that says nothing about a run is no loss.
        if (fate === 'dropped') expect(isOtherStatus(body), body).toBe(true);
        fates.push(fate);
      }),
      { seed: SEED, numRuns: 500 },
    );
    expect(fates).toEqual(expect.arrayContaining(['told', 'parked', 'foreign']));
  });
});

const isOtherStatus = (body: string): boolean =>
  !['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'].includes(
    JSON.parse(body).detail.status,
  );

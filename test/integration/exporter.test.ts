/** What the exporter makes of a run's events, as a real OpenTelemetry Collector and a real bus take it. */
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MemoryLifecycleBus } from '#runtime/adapters/memory/lifecycle-bus.ts';
import { OtlpSpanExporter } from '#runtime/adapters/otlp/span-exporter.ts';
import { nodeSystem } from '#runtime/adapters/system/system.ts';
import { SignalboxClient } from '#runtime/client/client.ts';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import type { Span } from '#runtime/contracts/span.ts';
import { exportEvents } from '#runtime/lambda/export-events.ts';
import { SILENT } from '#runtime/lambda/telemetry.ts';
import { type RunningLocal, startLocal } from '../../cli/local/start-local.ts';
import { testSpanExporter } from '../conformance/span-exporter.suite.ts';
import { FAULT_KINDS } from '../simulation/faults.ts';
import { loadMachines } from '../simulation/machines.ts';
import { World } from '../simulation/world.ts';
import { ruleOn } from '../support/bus-rule.ts';
import { deployed, ended, live } from '../support/live.ts';
import {
  type Collector,
  findCollector,
  type ReceivedSpan,
  startCollector,
} from '../support/otel-collector.ts';

const PROJECT = resolve(import.meta.dirname, '../..');
const program = await findCollector();
const CALLER = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
const TRACEPARENT = `00-${CALLER.traceId}-${CALLER.spanId}-01`;

describe.skipIf(program === null)('traces, as a real OpenTelemetry Collector takes them', () => {
  let collector: Collector;
  beforeAll(async () => {
    collector = await startCollector(program ?? '');
  });
  afterAll(() => collector?.stop());

  const exporter = () => exporterTo(collector);
  testSpanExporter(() => ({
    exporter: exporter(),
    received: async (traceId) =>
      (await collector.spans())
        .filter((span) => span.traceId === traceId)
        .map(({ spanId }) => spanId),
  }));

  const send = (events: readonly SignalboxEvent[]) => sendTo(collector, events);

  test('a run with a tool: one trace over API, Step Functions, SQS, Lambda, Kinesis, model and tool', async () => {
    const spans = await send(await simulatedRun());
    expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([CALLER.traceId]));
    expect(componentsOf(spans)).toEqual([
      'api',
      'effect',
      'kinesis',
      'lambda',
      'model',
      'sqs',
      'step-functions',
      'tool',
    ]);
    expect(orphansOf(spans)).toEqual([]);
    const chat = spans.find(({ name }) => name.startsWith('chat'));
    expect(chat && attributeOf(chat, 'gen_ai.usage.input_tokens')).toMatch(/^\d+$/);
  });

  test('a span that the protocol does not allow is refused for good, and said so', async () => {
    const [event] = await simulatedRun();
    const bad = { traceId: 'no id', spanId: event?.id ?? '', startMs: 0, endMs: 0 };
    const span: Span = { ...bad, component: 'api', name: 'x', kind: 'internal', attributes: {} };
    expect(await exporter().export([span])).toMatchObject({
      rejected: 1,
      why: expect.stringContaining('400'),
    });
  });
});

describe.skipIf(program === null || deployed === null)('traces, deployed', () => {
  let collector: Collector;
  let local: RunningLocal;
  const workFolder = join(PROJECT, `.signalbox/traced-${process.pid}`);
  beforeAll(async () => {
    collector = await startCollector(program ?? '');
    local = await startLocal({
      project: PROJECT,
      stateFolder: null,
      workFolder,
      otlpEndpoint: collector.endpoint,
      environment: process.env,
      report: (what) => console.error(what),
    });
  });
  afterAll(async () => {
    await local?.stop();
    await collector?.stop();
    await rm(workFolder, { recursive: true, force: true });
  });

  test('the deployed function sends a run as one trace, from the API to the model', async () => {
    const client = new SignalboxClient({ baseUrl: local.apiUrl });
    const { id } = await client.startRun({
      workflow: 'support',
      input: { query: 'I want to talk to a human being, please.', customerId: 'c-traced' },
      traceparent: TRACEPARENT,
    });
    expect(await ended(client, id)).toMatchObject({ status: 'succeeded' });
    const spans = async () =>
      (await collector.spans()).filter((span) => attributeOf(span, 'signalbox.run') === id);
    const names = async () => (await spans()).map(({ name }) => name);
    await expect.poll(names).toContain('invoke_workflow support');
    const sent = await spans();
    expect(new Set(sent.map(({ traceId }) => traceId))).toEqual(new Set([CALLER.traceId]));
    expect(sent.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'accept support',
        'receive signalbox-local-identify-intent',
        'invoke_agent identify-intent',
        'chat signalbox-extractive',
        'publish ticket.opened',
      ]),
    );
    expect(componentsOf(sent)).toEqual(
      expect.arrayContaining(['api', 'step-functions', 'sqs', 'lambda', 'kinesis', 'model']),
    );
    expect(orphansOf(sent)).toEqual([]);
  });
});

describe.skipIf(deployed === null)('the bus of lifecycle events, deployed', () => {
  test("tells the account's own rules of the start and the end of a run, with its id", async () => {
    const config = {
      endpoint: deployed?.endpoint ?? '',
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    };
    const heard = await ruleOn('signalbox-local-lifecycle', `rule-${crypto.randomUUID()}`, {
      events: new EventBridgeClient(config),
      sqs: new SQSClient({ ...config, useQueueUrlAsEndpoint: false }),
    });
    const { client } = live();
    const input = { query: 'What is a fence?', customerId: 'c-bus' };
    const { id } = await client.startRun({ workflow: 'support', input });
    await ended(client, id);
    const types = async () => {
      const own = (await heard()).filter(({ detail }) => detail.run === id);
      return [...new Set(own.map((one) => `${one.source} ${one['detail-type']}`))].sort();
    };
    await expect
      .poll(types, { interval: 500 })
      .toEqual([
        'signalbox signalbox.run.accepted',
        'signalbox signalbox.run.started',
        'signalbox signalbox.run.succeeded',
      ]);
  });
});

const exporterTo = ({ endpoint }: Collector): OtlpSpanExporter =>
  new OtlpSpanExporter({ endpoint, headers: {}, stage: 'local' });

/** Exports the events of one run; gives what the collector has understood. */
async function sendTo(
  collector: Collector,
  events: readonly SignalboxEvent[],
): Promise<readonly ReceivedSpan[]> {
  const ports = {
    spans: exporterTo(collector),
    lifecycle: new MemoryLifecycleBus(),
    metrics: { add: () => undefined },
    system: nodeSystem,
    telemetry: SILENT,
  };
  await exportEvents(ports, { stage: 'local', modelProvider: 'openai' }).handle(events, {});
  const run = events[0]?.run ?? '';
  const own = async () =>
    (await collector.spans()).filter((span) => attributeOf(span, 'signalbox.run') === run);
  await expect.poll(own).not.toEqual([]);
  return own();
}

/** Events of a run of the simulated world: the real functions and agents, no faults. */
async function simulatedRun(): Promise<readonly SignalboxEvent[]> {
  const world = new World('exported', 'workflows', await loadMachines(), {
    without: new Set(FAULT_KINDS),
  });
  const { system, stream } = world.services;
  world.boot();
  const lived = async (): Promise<void> => {
    await world.request({
      method: 'POST',
      path: '/workflows/chain/runs',
      headers: { 'Content-Type': 'application/json', traceparent: TRACEPARENT },
      body: JSON.stringify({ trip: 'exported', kind: 'plain' }),
    });
    while (world.unrest !== null) await system.sleep(5000);
  };
  await system.run(lived());
  return stream.records.map((text): SignalboxEvent => JSON.parse(text));
}

/** Parts of the platform that the spans are of, each once, sorted. */
const componentsOf = (spans: readonly ReceivedSpan[]): readonly unknown[] =>
  [...new Set(spans.map((span) => attributeOf(span, 'signalbox.component')))].sort();

/** Names of spans whose parent is neither there nor the caller's. */
function orphansOf(spans: readonly ReceivedSpan[]): readonly string[] {
  const known = new Set([CALLER.spanId, ...spans.map(({ spanId }) => spanId)]);
  return spans
    .filter(({ parentSpanId = '' }) => parentSpanId !== '' && !known.has(parentSpanId))
    .map(({ name }) => name);
}

const attributeOf = ({ attributes }: ReceivedSpan, key: string): unknown => {
  const found = attributes.find((attribute) => attribute.key === key)?.value;
  return found && Object.values(found)[0];
};

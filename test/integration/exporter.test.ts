/** What the exporter makes of a run's events, as a real OpenTelemetry Collector and a real bus take it. */
import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MemoryLifecycleBus } from '#runtime/adapters/memory/lifecycle-bus.ts';
import { OtlpSpanExporter } from '#runtime/adapters/otlp/span-exporter.ts';
import { nodeSystem } from '#runtime/adapters/system/system.ts';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import type { Span } from '#runtime/contracts/span.ts';
import { exportEvents } from '#runtime/lambda/export-events.ts';
import { SILENT } from '#runtime/lambda/telemetry.ts';
import { FAULT_KINDS } from '../simulation/faults.ts';
import { loadMachines } from '../simulation/machines.ts';
import { World } from '../simulation/world.ts';
import { deployed, ended, live } from '../support/live.ts';
import {
  builtCollector,
  type Collector,
  type ReceivedSpan,
  startCollector,
} from '../support/otel-collector.ts';

const program = await builtCollector();
const CALLER = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
const TRACEPARENT = `00-${CALLER.traceId}-${CALLER.spanId}-01`;

describe.skipIf(program === null)('traces, as a real OpenTelemetry Collector takes them', () => {
  let collector: Collector;
  beforeAll(async () => {
    collector = await startCollector(program ?? '');
  });
  afterAll(() => collector?.stop());

  const exporter = () =>
    new OtlpSpanExporter({ endpoint: collector.endpoint, headers: {}, stage: 'local' });
  const send = async (events: readonly SignalboxEvent[]): Promise<readonly ReceivedSpan[]> => {
    const ports = {
      spans: exporter(),
      lifecycle: new MemoryLifecycleBus(),
      metrics: { add: () => undefined },
      system: nodeSystem,
      telemetry: SILENT,
    };
    const context = { stage: 'local', modelProvider: 'openai' };
    await exportEvents(ports, context).handle(events, {});
    const run = events[0]?.run ?? '';
    const own = async () =>
      (await collector.spans()).filter((span) => attributeOf(span, 'signalbox.run') === run);
    await expect.poll(own, { timeout: 10_000 }).not.toEqual([]);
    return own();
  };

  test('a run with a tool: one trace over API, Step Functions, SQS, Lambda, Kinesis, model and tool', async () => {
    const spans = await send(await simulatedRun());
    expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([CALLER.traceId]));
    const components = new Set(spans.map((span) => attributeOf(span, 'signalbox.component')));
    expect([...components].sort()).toEqual([
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
  }, 60_000);

  test.skipIf(deployed === null)('a run of the deployed stage', async () => {
    const { client } = live();
    const { id } = await client.startRun({
      workflow: 'support',
      input: { query: 'I want to talk to a human being, please.', customerId: 'c-export' },
    });
    await ended(client, id);
    const { events } = await client.events(id);
    const spans = await send(events);
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
    const names = spans.map(({ name }) => name);
    expect(names).toContain('accept support');
    expect(names).toContain('invoke_workflow support');
    expect(names).toContain('receive signalbox-local-open-ticket');
    expect(names).toContain('invoke_agent open-ticket');
    expect(names).toContain('publish ticket.opened');
    expect(orphansOf(spans)).toEqual([]);
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

describe.skipIf(deployed === null)('the bus of lifecycle events, deployed', () => {
  test("tells the account's own rules of the start and the end of a run, with its id", async () => {
    const receive = await ruleOn('signalbox-local-lifecycle');
    const { client } = live();
    const input = { query: 'What is a fence?', customerId: 'c-bus' };
    const { id } = await client.startRun({ workflow: 'support', input });
    await ended(client, id);
    const seen = new Set<string>();
    const types = async () => {
      for (const { 'detail-type': type, source, detail } of await receive()) {
        if (detail.run === id) seen.add(`${source} ${type}`);
      }
      return [...seen].sort();
    };
    await expect
      .poll(types, { timeout: 60_000, interval: 500 })
      .toEqual([
        'signalbox signalbox.run.accepted',
        'signalbox signalbox.run.started',
        'signalbox signalbox.run.succeeded',
      ]);
  });
});

/** Events of a run of the simulated world: the real functions and agents, no faults. */
async function simulatedRun(): Promise<readonly SignalboxEvent[]> {
  const world = new World('exported', await loadMachines(), { without: new Set(FAULT_KINDS) });
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

interface BusEvent {
  readonly source: string;
  readonly 'detail-type': string;
  readonly detail: { readonly run: string };
}

/** A rule of a user's own, with a queue behind it: gives what has come since the last time. */
async function ruleOn(bus: string): Promise<() => Promise<readonly BusEvent[]>> {
  const config = {
    endpoint: deployed?.endpoint ?? '',
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  };
  const sqs = new SQSClient({ ...config, useQueueUrlAsEndpoint: false });
  const events = new EventBridgeClient(config);
  const name = `exported-${crypto.randomUUID().slice(0, 8)}`;
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
  const { Attributes: attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
  );
  const rule = { Name: name, EventBusName: bus };
  await events.send(
    new PutRuleCommand({ ...rule, EventPattern: JSON.stringify({ source: ['signalbox'] }) }),
  );
  await events.send(
    new PutTargetsCommand({
      Rule: name,
      EventBusName: bus,
      Targets: [{ Id: 'queue', Arn: attributes.QueueArn }],
    }),
  );
  return async () => {
    const { Messages: messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }),
    );
    return messages.map(({ Body: body = '{}' }): BusEvent => JSON.parse(body));
  };
}

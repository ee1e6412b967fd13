/**
 * Reads what stands in the dead-letter queue.
 *
 * Job: tell apart what may arrive there, and say of everything that is no task why it is there, what is
 * lost by it and what makes up for that.
 * Boundary: pure. Bodies are whatever somebody has sent.
 *
 * Invariants
 * U1. Everything is something: what fits nothing else is a malformed task message, which is parked with
 *     its cause, and whose task is failed if its token can be read.
 * U2. The same message gives the same cause, whenever it is read: no clock, no count of receipts.
 */
import * as z from 'zod/mini';
import type { DeadLetter } from '../contracts/ledger.ts';
import { PLATFORM_NAMES, shortName } from '../contracts/names.ts';
import { SCHEMA_VERSION, type TaskMessage } from '../contracts/task-message.ts';
import { ExecutionStatusSchema } from './execution-status.ts';
import { hash } from './hash.ts';
import { isoTime } from './iso-time.ts';
import { parseJson } from './parse-json.ts';
import { type MalformedMessage, type ParsedMessage, parseAnyMessage } from './parse-message.ts';
import type { PlatformName } from './platform-letter.ts';
import { readTimer } from './react/timer.ts';
import { parseExecutionName } from './run-id.ts';

/** A message as the dead-letter queue hands it out. */
export interface GivenUpMessage {
  readonly body: string;
  /** ARN of the queue that gave it up; absent when it was sent here straight away. */
  readonly sourceArn?: string | undefined;
  /** What its sender has said beside the body. */
  readonly attributes: Readonly<Record<string, string | undefined>>;
}

export interface Place {
  readonly stage: string;
  /** How long the stream keeps an event. */
  readonly retentionHours: number;
}

export type GivenUp =
  | { readonly kind: 'task'; readonly message: TaskMessage }
  | { readonly kind: 'malformed'; readonly agent: string; readonly malformed: MalformedMessage }
  /** Word of something that one of the platform's own parts could not do. */
  | {
      readonly kind: 'notice';
      readonly from: PlatformName;
      readonly why: Pick<DeadLetter, 'code' | 'cause' | 'run' | 'gen'>;
    };

export function readGivenUp(message: GivenUpMessage, place: Place): GivenUp {
  const json = parseJson(message.body);
  return (
    statusChange(json, message) ??
    undelivered(json, message, place) ??
    givenUpBatch(json, place) ??
    givenUpTimer(message, place) ??
    task(message, place)
  );
}

/** A status of a run that did not get into the stream, from EventBridge or from the queue behind it. */
function statusChange(json: unknown, { attributes }: GivenUpMessage): GivenUp | null {
  const parsed = z.safeParse(ExecutionStatusSchema, json);
  if (!parsed.success) return null;
  const { name, status } = parsed.data.detail;
  const found = parseExecutionName(name);
  const why = deliveryError(attributes) ?? 'its message was received too often without an end';
  return {
    kind: 'notice',
    from: PLATFORM_NAMES.publishRunStatus,
    why: {
      code: 'RUN_STATUS_UNPUBLISHED',
      cause: `the status ${status} of execution ${name} did not come into the event stream: ${why}. The reconciler asks Step Functions for the end of every run, so none is lost by it; find the cause in the logs of ${PLATFORM_NAMES.publishRunStatus}.`,
      ...(found ?? {}),
    },
  };
}

const EventBridgeEvent = z.object({
  source: z.string(),
  'detail-type': z.string(),
  detail: z.unknown(),
});

/** Any other event that EventBridge could not deliver. */
function undelivered(
  json: unknown,
  { attributes }: GivenUpMessage,
  { stage }: Place,
): GivenUp | null {
  const parsed = z.safeParse(EventBridgeEvent, json);
  const why = deliveryError(attributes);
  if (!parsed.success || why === null) return null;
  const target = platformName(stage, attributes.TARGET_ARN ?? '');
  return {
    kind: 'notice',
    from: target,
    why: {
      code: 'EVENT_UNDELIVERED',
      cause: `EventBridge could not deliver "${parsed.data['detail-type']}" to ${target}: ${why}`,
    },
  };
}

/** What EventBridge says of a delivery that failed; `null` for a message that it did not send. */
function deliveryError(attributes: GivenUpMessage['attributes']): string | null {
  const { ERROR_CODE: code, ERROR_MESSAGE: text, RETRY_ATTEMPTS: retries } = attributes;
  if (code === undefined) return null;
  return `${code}${text === undefined ? '' : `: ${text}`} (retries: ${retries ?? 'unknown'})`;
}

const FailedBatch = z.object({
  requestContext: z.object({
    functionArn: z.string(),
    condition: z.string(),
    approximateInvokeCount: z.number(),
  }),
  KinesisBatchInfo: z.object({
    shardId: z.string(),
    startSequenceNumber: z.string(),
    endSequenceNumber: z.string(),
    approximateArrivalOfFirstRecord: z.iso.datetime(),
    approximateArrivalOfLastRecord: z.iso.datetime(),
    batchSize: z.number(),
    streamArn: z.string(),
  }),
});

/** A batch of events that a consumer of the stream has given up: only its place is told. */
function givenUpBatch(json: unknown, { stage, retentionHours }: Place): GivenUp | null {
  const parsed = z.safeParse(FailedBatch, json);
  if (!parsed.success) return null;
  const { requestContext: context, KinesisBatchInfo: batch } = parsed.data;
  const from = platformName(stage, context.functionArn);
  const goneAt = (arrivedAt: string): string =>
    new Date(Date.parse(arrivedAt) + retentionHours * 3_600_000).toISOString();
  return {
    kind: 'notice',
    from,
    why: {
      code: 'EVENTS_GIVEN_UP',
      cause:
        `${from} gave up events of ${batch.shardId} (${context.condition}), tries: ${context.approximateInvokeCount}, events: ${batch.batchSize}. ` +
        `They can be read from ${batch.streamArn}, sequence numbers ${batch.startSequenceNumber} to ${batch.endSequenceNumber}: ` +
        `the first one until ${goneAt(batch.approximateArrivalOfFirstRecord)}, the last one until ${goneAt(batch.approximateArrivalOfLastRecord)}. ` +
        `Read them before: aws kinesis get-shard-iterator --stream-arn ${batch.streamArn} --shard-id ${batch.shardId} --shard-iterator-type AT_SEQUENCE_NUMBER --starting-sequence-number ${batch.startSequenceNumber}`,
    },
  };
}

/** A look at a reactive run that failed each time. */
function givenUpTimer({ body, sourceArn }: GivenUpMessage, { stage }: Place): GivenUp | null {
  const timer = readTimer(body);
  if (timer === null || shortName(stage, sourceArn ?? '') !== PLATFORM_NAMES.timers) return null;
  const { run, dueAtMs } = timer;
  return {
    kind: 'notice',
    from: PLATFORM_NAMES.routeEvents,
    why: {
      code: 'TIMER_GIVEN_UP',
      cause: `a look at run ${run}, due at ${isoTime(dueAtMs)}, failed each time. The reconciler has the router look at every reactive run until it has ended, so none goes on for ever; find the cause in the logs of ${PLATFORM_NAMES.routeEvents}.`,
      run,
    },
  };
}

function task({ body, sourceArn }: GivenUpMessage, { stage }: Place): GivenUp {
  const parsed = readableInput(parseAnyMessage(body));
  if (parsed.kind === 'message') return { kind: 'task', message: parsed.message };
  // A message that went straight to this queue is nobody's.
  const agent = shortName(stage, sourceArn ?? '') ?? PLATFORM_NAMES.deadLetters;
  if (parsed.kind === 'malformed') return { kind: 'malformed', agent, malformed: parsed };
  const cause = `the message has schemaVersion ${parsed.schemaVersion}, and its agent did not read it either; this release reads up to ${SCHEMA_VERSION}. Deploy the release that the workflow was started on.`;
  return { kind: 'malformed', agent, malformed: { ...parsed, kind: 'malformed', cause } };
}

/** An input that nothing can be made of would come back for ever. */
function readableInput(parsed: ParsedMessage): ParsedMessage {
  if (parsed.kind !== 'message') return parsed;
  try {
    hash(parsed.message.input);
    return parsed;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const { run, step, taskToken } = parsed.message;
    const cause = 'the input is nested too deep to be read; allowed: 200 levels';
    return { kind: 'malformed', cause, run, path: step.path, taskToken };
  }
}

/** The platform's part that an ARN names; the dead-letter queue itself for one that is unknown. */
function platformName(stage: string, arn: string): PlatformName {
  const name = shortName(stage, arn);
  return (
    Object.values(PLATFORM_NAMES).find((known) => known === name) ?? PLATFORM_NAMES.deadLetters
  );
}

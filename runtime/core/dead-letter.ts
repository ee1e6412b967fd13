/**
 * Dead letters: what is parked of a message that could not be handled.
 *
 * Invariants
 * D1. The same message gives the same letter and the same event, however often it is parked: ids and
 *     times come from the message, not from the moment of parking.
 * D2. A letter holds no task token (T2), and its body is cut to a size that every store takes.
 */
import type { SignalboxEvent } from '../contracts/event.ts';
import { NO_RUN } from '../contracts/event.ts';
import type { DeadLetter, StepOutcome } from '../contracts/ledger.ts';
import type { TaskMessage } from '../contracts/task-message.ts';
import { DEFAULT_TENANT } from '../contracts/tenant.ts';
import { platformEvent } from './event.ts';
import { fingerprintOf } from './failure.ts';
import { hash } from './hash.ts';
import { cutUtf8 } from './limits.ts';
import type { MalformedMessage } from './parse-message.ts';
import { agentSource, stepScope } from './step-events.ts';

const BODY_MAX_BYTES = 64 * 1024;
const CAUSE_MAX_LENGTH = 2000;

/** What the queue says about a message. */
export interface Envelope {
  readonly messageId: string;
  readonly body: string;
  /** Epoch milliseconds of the first receipt. */
  readonly firstReceivedMs: number;
}

/** The letter of a message that cannot be read. */
export function malformedLetter(
  agent: string,
  envelope: Envelope,
  malformed: MalformedMessage,
): DeadLetter {
  const { taskToken, run, path } = malformed;
  const code = 'MESSAGE_INVALID';
  const cause = malformed.cause.slice(0, CAUSE_MAX_LENGTH);
  return {
    id: hash([agent, envelope.messageId]),
    parkedAt: new Date(envelope.firstReceivedMs).toISOString(),
    agent,
    code,
    cause,
    fingerprint: fingerprintOf([code, agent], cause),
    body: cutUtf8(withoutToken(envelope.body, taskToken), BODY_MAX_BYTES),
    ...(run && { run: run.id, gen: run.gen, tenant: run.tenant }),
    ...(path !== undefined && { path }),
  };
}

/** Its event; a message that cannot be read belongs to no run for certain. */
export const malformedParked = (letter: DeadLetter): SignalboxEvent =>
  platformEvent(
    {
      source: agentSource(letter.agent),
      run: NO_RUN,
      root: NO_RUN,
      gen: 0,
      tenant: DEFAULT_TENANT,
      workflow: NO_RUN,
      step: { path: `dead-letter/${letter.id}`, attempt: '0.0' },
      fence: 0,
    },
    {
      type: 'signalbox.dead_letter.parked',
      atMs: Date.parse(letter.parkedAt),
      data: factOf(letter),
    },
  );

/** The letter of a step that was started too often; `null` for every other outcome. */
export function letterOf(message: TaskMessage, outcome: StepOutcome): DeadLetter | null {
  const { result, attempt, endedAt } = outcome;
  if (result.status === 'succeeded' || result.failure.code !== 'DEAD_LETTERED') return null;
  return {
    id: hash([message.run.id, message.step.path, attempt]),
    parkedAt: endedAt,
    agent: message.step.agent,
    code: result.failure.code,
    cause: result.failure.message,
    fingerprint: result.failure.fingerprint,
    body: cutUtf8(JSON.stringify(bodyOf(message)), BODY_MAX_BYTES),
    run: message.run.id,
    gen: message.run.gen,
    path: message.step.path,
    tenant: message.run.tenant,
  };
}

/** A reaction's message has no token, and can be sent again as it is. */
const bodyOf = (message: TaskMessage): TaskMessage =>
  message.taskToken === undefined ? message : { ...message, taskToken: '[removed]' };

/** The event of parking it, part of the outcome that it belongs to. */
export const stepParked = (
  message: TaskMessage,
  fence: number,
  letter: DeadLetter,
): SignalboxEvent =>
  platformEvent(stepScope(message, fence), {
    type: 'signalbox.dead_letter.parked',
    atMs: Date.parse(letter.parkedAt),
    data: factOf(letter),
  });

const factOf = ({ id, agent, code, cause }: DeadLetter) => ({
  deadLetter: id,
  agent,
  code,
  cause,
});

/** The token is cut out of the text itself: a body that is not JSON may hold one too. */
function withoutToken(body: string, taskToken: string | undefined): string {
  const text = body
    .replace(STRUCTURED_TOKEN, '$1"[removed]"')
    .replaceAll(TOKEN_MEMBER, '$1[removed]"');
  return taskToken === undefined ? text : text.replaceAll(taskToken, '[removed]');
}

/** No text, so whoever sent it has put the token somewhere inside: what follows is not kept. */
const STRUCTURED_TOKEN = /("taskToken"\s*:\s*)[[{].*$/s;
const TOKEN_MEMBER = /("taskToken"\s*:\s*")(?:[^"\\]|\\.)*(?:"|$)/g;

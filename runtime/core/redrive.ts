/**
 * Redrives a dead letter: its run is resumed, with another input for the step that died if one is given.
 * A reaction, whose run goes on without it, is sent again as it was.
 *
 * Job: whether a letter can be redriven, and the event that tells of it.
 * Boundary: pure; `lambda/api/redrive-letter.ts` and `redrive-reaction.ts` perform it.
 *
 * Invariants
 * W1. A letter is redriven once: the generation that it is of is followed once (N1), so a repeat finds
 *     what the first one did, and another input than the one in force is never taken for it.
 * W2. One redrive gives one event, however often it is asked for: its time is the resumption's.
 * W3. A reaction keeps its path and its input, which is its event's. Its attempts are counted anew, under
 *     the next redrive number: the same letter gives the same attempt, so asking twice sends a copy.
 */
import type { SignalboxEvent } from '../contracts/event.ts';
import type { DeadLetter, RunRecord } from '../contracts/ledger.ts';
import type { TaskMessage } from '../contracts/task-message.ts';
import { platformEvent } from './event.ts';
import { hash } from './hash.ts';
import { parseAnyMessage } from './parse-message.ts';
import { stepScope } from './step-events.ts';

/** The letter of a step, or of a message that names a run. */
export type RedrivableLetter = DeadLetter & { readonly run: string; readonly gen: number };

export const isRedrivable = (letter: DeadLetter): letter is RedrivableLetter =>
  letter.run !== undefined && letter.gen !== undefined && IS_OF_A_STEP.has(letter.code);

/** Other letters tell of something that the platform itself could not do; nothing waits for those. */
const IS_OF_A_STEP: ReadonlySet<string> = new Set(['DEAD_LETTERED', 'MESSAGE_INVALID']);

/** Whether the step of the letter has this very input now. */
export const isInForce = ({ patches }: RunRecord, path: string, input: unknown): boolean =>
  patches !== undefined && Object.hasOwn(patches, path) && hash(patches[path]) === hash(input);

/** @returns `null` once a later generation has followed: the redrive was told then */
export function redrivenEvent(record: RunRecord, letter: RedrivableLetter): SignalboxEvent | null {
  const { run, root, gen, tenant, workflow, traceparent, resumedAt } = record;
  if (gen !== letter.gen + 1 || resumedAt === undefined) return null;
  const { path } = letter;
  return platformEvent(
    {
      source: 'signalbox/api',
      run,
      root,
      gen,
      tenant,
      workflow,
      traceparent,
      ...(path !== undefined && { step: { path, attempt: '0.0' } }),
      fence: 0,
    },
    {
      type: 'signalbox.dead_letter.redriven',
      atMs: Date.parse(resumedAt),
      data: { deadLetter: letter.id, agent: letter.agent },
    },
  );
}

/** The message that a dead reaction goes on with (W3); `null` when the letter does not hold it whole. */
export function reactionAgain({ body }: DeadLetter): TaskMessage | null {
  const parsed = parseAnyMessage(body);
  if (parsed.kind !== 'message' || parsed.message.taskToken !== undefined) return null;
  const { deferSeq: _, ...message } = parsed.message;
  const { step } = message;
  const attempt = { redrive: step.attempt.redrive + 1, retry: 0 };
  return { ...message, step: { ...step, attempt } };
}

/** @param message what goes on: the event is about the attempt that begins with it */
export const reactionRedriven = (
  message: TaskMessage,
  { id: deadLetter, agent }: DeadLetter,
  atMs: number,
): SignalboxEvent =>
  platformEvent(
    { ...stepScope(message, 0), source: 'signalbox/api' },
    { type: 'signalbox.dead_letter.redriven', atMs, data: { deadLetter, agent } },
  );

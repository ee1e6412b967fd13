/**
 * Redrives a dead letter: its run is resumed, with another input for the step that died if one is given.
 *
 * Job: whether a letter can be redriven, and the event that tells of it.
 * Boundary: pure; `lambda/api/redrive-letter.ts` performs it by resuming the run.
 *
 * Invariants
 * W1. A letter is redriven once: the generation that it is of is followed once (N1), so a repeat finds
 *     what the first one did, and another input than the one in force is never taken for it.
 * W2. One redrive gives one event, however often it is asked for: its time is the resumption's.
 */
import type { SignalboxEvent } from '../contracts/event.ts';
import type { DeadLetter, RunRecord } from '../contracts/ledger.ts';
import { platformEvent } from './event.ts';
import { hash } from './hash.ts';

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

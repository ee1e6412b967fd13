/**
 * Keeps a step's record within what its table takes, however often the step has failed.
 *
 * Boundary: pure.
 * Invariants
 * V1. No outcome goes: attempts are numbered, and models asked anew, by how many there are.
 * V2. The newest outcomes keep their partial outputs, PARTIALS_MAX_BYTES together, and their messages,
 *     MESSAGES_MAX_BYTES together. Of older ones the partial outputs go, and the ends of the messages.
 * V3. Events that a record keeps until they are told leave room for the claim and the end that tell
 *     them: beyond OWED_MAX_BYTES they are told before they would be recorded.
 */
import type { SignalboxEvent } from '../contracts/event.ts';
import type { StepOutcome } from '../contracts/ledger.ts';
import { jsonBytes } from './partial-output.ts';

const PARTIALS_MAX_BYTES = 96 * 1024;
const MESSAGES_MAX_BYTES = 64 * 1024;
const OWED_MAX_BYTES = 128 * 1024;
/** Places in quotas' lines that a step takes along, some 200 bytes each; calls beyond line up again. */
export const TICKETS_MAX = 500;
/** Characters that are left of an older message. */
const SHORTENED = 100;

/** The outcomes, oldest first, as their record keeps them. */
export function withinLimits(outcomes: readonly StepOutcome[]): readonly StepOutcome[] {
  const withPartials = shortenOlder(outcomes, PARTIALS_MAX_BYTES, {
    bytesOf: ({ partial }) => (partial ? jsonBytes(partial) : 0),
    shorten: ({ partial: _, ...rest }) => rest,
  });
  return shortenOlder(withPartials, MESSAGES_MAX_BYTES, {
    bytesOf: ({ result }) =>
      result.status === 'succeeded' ? 0 : jsonBytes(result.failure.message),
    shorten: withShortMessage,
  });
}

/** True when a record can keep these events until they are told (V3). */
export const canBeOwed = (events: readonly SignalboxEvent[]): boolean =>
  jsonBytes(events) <= OWED_MAX_BYTES;

interface Part {
  readonly bytesOf: (outcome: StepOutcome) => number;
  readonly shorten: (outcome: StepOutcome) => StepOutcome;
}

function shortenOlder(
  outcomes: readonly StepOutcome[],
  maxBytes: number,
  { bytesOf, shorten }: Part,
): readonly StepOutcome[] {
  let bytes = 0;
  const fromNewest = outcomes.toReversed().map((outcome) => {
    bytes += bytesOf(outcome);
    return bytes <= maxBytes ? outcome : shorten(outcome);
  });
  return fromNewest.toReversed();
}

function withShortMessage(outcome: StepOutcome): StepOutcome {
  const { result } = outcome;
  if (result.status === 'succeeded' || result.failure.message.length <= SHORTENED) return outcome;
  const message = `${result.failure.message.slice(0, SHORTENED)}…`.toWellFormed();
  return { ...outcome, result: { ...result, failure: { ...result.failure, message } } };
}

/**
 * What was on record before an attempt in the test kit begins: ended attempts, their calls, a fork's origin.
 *
 * Boundary: writes to a memory ledger exactly what the runtime would have written.
 */
import type { MemoryLedger } from '#runtime/adapters/memory/ledger.ts';
import type { ErrorCode } from '#runtime/contracts/errors.ts';
import type { PartialOutput, StepRecord } from '#runtime/contracts/ledger.ts';
import type { TaskMessage } from '#runtime/contracts/task-message.ts';
import { effectCall } from '#runtime/core/effect.ts';
import { failed, failure } from '#runtime/core/failure.ts';
import { hash } from '#runtime/core/hash.ts';
import { toolCall } from '#runtime/core/tool-call.ts';
import type { StepKey } from '#runtime/ports.ts';

/** Results of effects and tool calls that are on record: they are taken, not produced again. */
export interface RecordedCalls {
  /** By the name of the effect. @default - none */
  readonly recorded?: Readonly<Record<string, unknown>>;
  /** The same input more than once stands for repeated calls. @default - none */
  readonly recordedTools?: readonly {
    readonly name: string;
    readonly input: unknown;
    readonly result: unknown;
  }[];
}

export interface PastAttempt {
  readonly error: { readonly code: ErrorCode; readonly message: string };
  readonly partial?: PartialOutput;
}

const ORIGIN = 'test-origin';

/** A claim, its calls, then how its attempts ended. */
export async function rememberAttempts(
  ledger: MemoryLedger,
  message: TaskMessage,
  contractVersion: number,
  { attempts, ...calls }: RecordedCalls & { readonly attempts: readonly PastAttempt[] },
): Promise<void> {
  const keys = recordsOf(calls);
  if (attempts.length === 0 && keys.length === 0) return;
  const key = { run: message.run.id, path: message.step.path };
  const claimed = claimedStep(message, key, contractVersion, attempts.length);
  await ledger.steps.put({ record: claimed, expectedRev: null });
  await writeCalls(ledger, key, claimed.fence, keys);
  const outcomes = attempts.map(({ error, partial }, retry) => ({
    attempt: { gen: 0, redrive: 0, retry },
    fence: retry + 1,
    endedAt: message.step.enteredAt,
    result: failed(failure(error.code, error.message)),
    events: [],
    ...(partial && { partial }),
  }));
  await ledger.steps.put({ record: { ...claimed, rev: 2, outcomes }, expectedRev: 1 });
}

/** The run becomes a fork, from the start, of a run that has these calls on record. */
export async function rememberOrigin(
  ledger: MemoryLedger,
  message: TaskMessage,
  contractVersion: number,
  { liveEffects = false, ...calls }: RecordedCalls & { readonly liveEffects?: boolean },
): Promise<void> {
  const { id, root, gen, tenant, workflow, defVersion, deadlineAt, traceparent } = message.run;
  const at = message.step.enteredAt;
  const { input } = message;
  await ledger.runs.put({
    expectedRev: null,
    record: {
      ...{ run: id, rev: 1, root, gen, tenant, workflow, defVersion, deadlineAt, traceparent },
      ...{ input, inputHash: hash(input), tags: {}, acceptedAt: at, progress: 'announced' },
      forkedFrom: { run: ORIGIN, from: null, before: at, liveEffects },
    },
  });
  const key = { run: ORIGIN, path: message.step.path };
  const claimed = claimedStep(message, key, contractVersion, 0);
  await ledger.steps.put({ record: claimed, expectedRev: null });
  await writeCalls(ledger, key, claimed.fence, recordsOf(calls));
}

const claimedStep = (
  message: TaskMessage,
  key: StepKey,
  contractVersion: number,
  attempts: number,
): StepRecord => ({
  ...key,
  rev: 1,
  agent: message.step.agent,
  contractVersion,
  inputHash: hash(message.input),
  attempt: { gen: 0, redrive: 0, retry: Math.max(attempts - 1, 0) },
  fence: Math.max(attempts, 1),
  leaseUntilMs: Date.parse(message.step.enteredAt),
  starts: 1,
  queuedAt: message.step.enteredAt,
  started: [],
  outcomes: [],
});

interface Recorded {
  readonly call: string;
  readonly result: unknown;
}

function recordsOf({ recorded = {}, recordedTools = [] }: RecordedCalls): readonly Recorded[] {
  const effects = Object.entries(recorded).map(([name, result]) => ({
    call: effectCall(name),
    result,
  }));
  const seen = new Map<string, number>();
  const tools = recordedTools.map(({ name, input, result }) => {
    const inputHash = hash(input);
    const occurrence = seen.get(`${name}:${inputHash}`) ?? 0;
    seen.set(`${name}:${inputHash}`, occurrence + 1);
    return { call: toolCall({ name, inputHash, occurrence }), result };
  });
  return [...effects, ...tools];
}

async function writeCalls(
  ledger: MemoryLedger,
  key: StepKey,
  fence: number,
  calls: readonly Recorded[],
): Promise<void> {
  for (const { call, result } of calls) {
    const record = { ...key, call, rev: 1, fence, state: 'succeeded', result, events: [] } as const;
    await ledger.calls.put({ record, expectedRev: null });
  }
}

import { nodeSystem } from '#runtime/adapters/system/system.ts';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import type {
  CallRecord,
  DeadLetter,
  RunRecord,
  StepOutcome,
  StepRecord,
} from '#runtime/contracts/ledger.ts';
import type { ReactionsRecord } from '#runtime/contracts/reactions.ts';
import { newEvent } from '#runtime/core/event.ts';
import type { Projection, ReadModelReader, ReadModelWriter, RunListing } from '#runtime/ports.ts';

/** A run id that no other test has. */
export const newRun = (): string => nodeSystem.randomId();

const START_MS = Date.UTC(2026, 4, 1, 12);

/** The `n`th event of a run: a second after the one before. */
export const sampleEvent = (
  run: string,
  n: number,
  changes: Partial<SignalboxEvent> = {},
): SignalboxEvent => ({
  ...newEvent(
    {
      source: 'signalbox/agent/answer-question',
      run,
      root: run,
      gen: 0,
      tenant: 'default',
      workflow: 'support',
      step: { path: 'answer', attempt: '0.0' },
      fence: 1,
    },
    { type: 'answer.drafted', atMs: START_MS + n * 1000, data: { n }, ordinal: n },
  ),
  ...changes,
});

export const sampleOutcome = (run: string, fence: number): StepOutcome => ({
  attempt: { gen: 0, redrive: 0, retry: fence - 1 },
  fence,
  endedAt: '2026-05-01T12:00:09.000Z',
  result: { status: 'succeeded', output: { answer: 'forty-two' } },
  events: [sampleEvent(run, 1)],
});

export const sampleStep = (
  run: string,
  rev: number,
  changes: Partial<StepRecord> = {},
): StepRecord => ({
  run,
  path: 'answer',
  rev,
  agent: 'answer-question',
  contractVersion: 1,
  inputHash: 'a'.repeat(32),
  attempt: { gen: 0, redrive: 0, retry: 0 },
  fence: 1,
  leaseUntilMs: START_MS + 30_000,
  starts: 1,
  queuedAt: '2026-01-01T00:00:00.000Z',
  started: [],
  outcomes: [],
  ...changes,
});

export const sampleCall = (
  run: string,
  rev: number,
  changes: Partial<CallRecord> = {},
): CallRecord => ({
  run,
  path: 'answer',
  call: 'effect:note-crm',
  rev,
  fence: 1,
  state: 'started',
  events: [],
  ...changes,
});

export const sampleRun = (
  run: string,
  rev: number,
  changes: Partial<RunRecord> = {},
): RunRecord => ({
  run,
  rev,
  root: run,
  gen: 0,
  tenant: 'default',
  workflow: 'support',
  defVersion: 'd'.repeat(16),
  input: { query: 'How does it fail?' },
  inputHash: 'b'.repeat(32),
  tags: { customer: 'c-1' },
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  acceptedAt: '2026-05-01T12:00:00.000Z',
  deadlineAt: '2026-05-01T12:05:00.000Z',
  progress: 'accepted',
  ...changes,
});

export const sampleReactions = (run: string, rev: number): ReactionsRecord => {
  const event = { id: 'e'.repeat(32), type: 'lead.found', time: '2026-05-01T12:00:00.000Z' };
  const reference = { ...event, origin: event.id, hops: 0 };
  return {
    run,
    rev,
    envelope: {
      id: run,
      root: run,
      gen: 0,
      tenant: 'default',
      workflow: 'real-estate',
      defVersion: 'd'.repeat(16),
      deadlineAt: '2026-05-01T13:00:00.000Z',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    },
    acceptedAt: '2026-05-01T12:00:00.000Z',
    startedAt: '2026-05-01T12:00:00.100Z',
    activeAtMs: START_MS + 100,
    rules: {
      callLead: {
        seen: { [event.id]: 0, ['__proto__']: 1 },
        underWay: [0],
        waiting: [{ n: 1, event: reference }],
        open: {},
      },
    },
    newest: { [event.type]: [reference] },
    alarmMs: START_MS + 60_000,
    owed: [{ kind: 'started' }, { kind: 'alarm', dueAtMs: START_MS + 60_000 }],
  };
};

export const sampleLetter = (id: string, changes: Partial<DeadLetter> = {}): DeadLetter => ({
  id,
  parkedAt: '2026-05-01T12:00:00.000Z',
  agent: 'answer-question',
  code: 'INPUT_INVALID',
  cause: 'the body is not JSON',
  body: 'not json',
  ...changes,
});

export const sampleListing = (run: string, changes: Partial<RunListing> = {}): RunListing => ({
  run,
  tenant: 'default',
  workflow: 'support',
  ...changes,
});

export interface ReadModelSubject {
  readonly writer: ReadModelWriter;
  readonly reader: ReadModelReader;
  /** How many sets of projections the property is tried with. */
  readonly propertyRuns: number;
}

export const eventProjection = (run: string, n: number): Projection => ({
  kind: 'event',
  event: sampleEvent(run, n),
});

export const listingProjection = (run: string, changes: Partial<RunListing> = {}): Projection => ({
  kind: 'listing',
  listing: sampleListing(run, changes),
});

/** Text of about `bytes` bytes, most of its characters two bytes long. */
export const textOf = (bytes: number): string => 'é'.repeat(bytes / 2);

/** A value with everything in it that JSON can carry and stores tend to bend. */
export const AWKWARD_JSON = {
  '': 'empty key',
  'a.b$c#d': ['', null, true, -0.1, 1e300, 2 ** 63, 5e-324],
  text: 'line\nquote" \\ \u0000 \u2028 🚦 \ud800',
  nested: Array.from({ length: 40 }).reduce<unknown>((inner) => ({ inner }), 'deep'),
  empty: [{}, []],
};

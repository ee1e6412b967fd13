import type { Mutation } from './mutation.ts';

/** What a crash or a lost message leaves behind. */
const RECONCILER: readonly Mutation[] = [
  {
    name: 'an end that nobody told stays untold',
    invariant: 'R1',
    file: 'runtime/lambda/reconcile-runs.ts',
    find: 'await tell(ports, record, answer);\n      return soonMs(nowMs);',
    replace: 'return soonMs(nowMs);',
    withinSeeds: 300,
  },
  {
    name: 'a start that was left half-done stays so',
    invariant: 'R1',
    file: 'runtime/lambda/reconcile-runs.ts',
    find: 'await finishStart(ports, record);',
    replace: '',
    withinSeeds: 300,
  },
  {
    name: 'a run is looked at once',
    invariant: 'R1',
    file: 'runtime/lambda/reconcile-runs.ts',
    find: 'if (nextMs !== null) await dueRuns.put({ run, dueAtMs: nextMs });',
    replace: '',
    withinSeeds: 300,
  },
  {
    name: 'nobody will look at an accepted run',
    invariant: 'R1',
    file: 'runtime/lambda/api/front-door.ts',
    find: 'await willBeLookedAt(ports, record.run);',
    replace: '',
    withinSeeds: 300,
  },
];

/** What queues have given up. */
const DEAD_LETTERS: readonly Mutation[] = [
  {
    name: 'a letter that cannot be read is thrown away',
    invariant: 'R8',
    file: 'runtime/lambda/park-malformed.ts',
    find: 'await ports.deadLetters.park(letter);',
    replace: '',
    withinSeeds: 100,
  },
];

/** What people see. */
const READ_MODEL: readonly Mutation[] = [
  {
    name: 'an event that comes twice counts twice',
    invariant: 'R11',
    file: 'runtime/contracts/event.ts',
    find: "({ time, id }: Pick<SignalboxEvent, 'time' | 'id'>): string =>",
    replace:
      "({ time, id: first }: Pick<SignalboxEvent, 'time' | 'id'>, id = first + ((globalThis as any).copies = ((globalThis as any).copies ?? 0) ^ 1)): string =>",
    withinSeeds: 100,
  },
  {
    name: 'the last status that comes is shown, not the newest',
    invariant: 'R1',
    file: 'runtime/core/listing.ts',
    find: 'if (a.version !== b.version) return a.version > b.version ? a : b;',
    replace: 'return b;',
    withinSeeds: 100,
  },
];

/** What looks after runs, gives up on messages, and shows what was. */
export const RECOVERY: readonly Mutation[] = [...RECONCILER, ...DEAD_LETTERS, ...READ_MODEL];

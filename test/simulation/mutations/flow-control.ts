import type { Mutation } from './mutation.ts';

/** What a quota lets through, and what a run may spend. */
export const LIMITS: readonly Mutation[] = [
  {
    name: 'a call does not wait for its turn',
    invariant: 'R7',
    file: 'runtime/core/quota-ticket.ts',
    find: "if (last.dueAtMs > nowMs) return { kind: 'wait', ...last };",
    replace: '',
    withinSeeds: 100,
  },
  {
    name: 'a place costs nothing',
    invariant: 'R7',
    file: 'runtime/adapters/memory/quota-ledger.ts',
    find: 'const next = from + take.cost - returned;',
    replace: 'const next = from;',
    withinSeeds: 400,
  },
  {
    name: 'a call that has waited does not look whether its run was stopped meanwhile',
    invariant: 'R10',
    file: 'runtime/lambda/quota-turns.ts',
    find: 'await confirmRun(signal);\n        this.#attempt.assertLive();',
    replace: '',
    withinSeeds: 300,
  },
  {
    name: 'a call is made whatever the budget says',
    invariant: 'R7',
    file: 'runtime/core/budget.ts',
    find: 'if (!record.reserved[key] && !fits(limits, spent, most))',
    replace: 'if (record.rev < 0)',
    withinSeeds: 300,
  },
  {
    name: 'what nobody has settled counts as never spent',
    invariant: 'R7',
    file: 'runtime/core/budget.ts',
    find: 'return settled.get(key) ?? most;',
    replace: 'return settled.get(key) ?? NOTHING;',
    withinSeeds: 300,
  },
];

import { MemoryInbox } from '#runtime/adapters/memory/inbox.ts';
import { MemoryLedger } from '#runtime/adapters/memory/ledger.ts';
import { MemoryQuotaLedger } from '#runtime/adapters/memory/quota-ledger.ts';
import type { RunRecord } from '#runtime/contracts/ledger.ts';
import type { ReactionsRecord } from '#runtime/contracts/reactions.ts';
import type {
  BudgetLedger,
  CallLedger,
  DeadLetterStore,
  QuotaLedger,
  ReactionsLedger,
  RunLedger,
  StepLedger,
  WaitLedger,
} from '#runtime/ports.ts';
import type { Evidence } from './evidence.ts';

export interface LedgerPorts {
  readonly steps: StepLedger;
  readonly calls: CallLedger;
  readonly runs: RunLedger;
  readonly budgets: BudgetLedger;
  readonly quotas: QuotaLedger;
  readonly deadLetters: DeadLetterStore;
  readonly waits: WaitLedger;
  readonly reactions: ReactionsLedger;
}

/** The ledger in memory, and a witness of every write that it took. */
export class WitnessedLedger {
  readonly memory = new MemoryLedger();
  readonly quotas = new MemoryQuotaLedger();
  readonly inbox = new MemoryInbox();
  /** The newest record of every run. */
  readonly runs = new Map<string, RunRecord>();
  /** What the router last knew of every reactive run. */
  readonly reactions = new Map<string, ReactionsRecord>();
  readonly #evidence: Evidence;

  constructor(evidence: Evidence) {
    this.#evidence = evidence;
  }

  /** The ports, as `by` uses them. */
  ports(by: string): LedgerPorts {
    const { steps, calls, runs, budgets, waits, reactions, deadLetters } = this.memory;
    const evidence = this.#evidence;
    return {
      waits,
      steps: {
        ...steps,
        put: async (write) => {
          const before = this.memory.step(write.record);
          const put = await steps.put(write);
          if (put.kind === 'written') {
            evidence.add(by, { kind: 'step-written', before, after: clone(write.record) });
          }
          return put;
        },
      },
      calls: {
        ...calls,
        put: async (write) => {
          const before = await calls.read(write.record);
          const put = await calls.put(write);
          if (put.kind === 'written') {
            evidence.add(by, { kind: 'call-written', before, after: clone(write.record) });
          }
          return put;
        },
      },
      runs: {
        ...runs,
        put: async (write) => {
          const before = await runs.read(write.record.run);
          const put = await runs.put(write);
          if (put.kind === 'written') {
            const after = clone(write.record);
            this.runs.set(after.run, after);
            evidence.add(by, { kind: 'run-written', before, after });
          }
          return put;
        },
      },
      reactions: {
        ...reactions,
        put: async (write) => {
          const before = await reactions.read(write.record.run);
          const put = await reactions.put(write);
          if (put.kind === 'written') {
            const after = clone(write.record);
            this.reactions.set(after.run, after);
            evidence.add(by, { kind: 'reactions-written', before, after });
          }
          return put;
        },
      },
      budgets: {
        ...budgets,
        put: async (write) => {
          const put = await budgets.put(write);
          if (put.kind === 'written') {
            evidence.add(by, { kind: 'budget-written', after: clone(write.record) });
          }
          return put;
        },
      },
      quotas: {
        read: (keys) => this.quotas.read(keys),
        list: (quotas) => this.quotas.list(quotas),
        take: (take) => this.quotas.take(take),
        change: async (change) => {
          const put = await this.quotas.change(change);
          if (put.kind === 'written') {
            const { record: after, before } = clone(change);
            evidence.add(by, { kind: 'quota-changed', before, after });
          }
          return put;
        },
      },
      deadLetters: {
        ...deadLetters,
        park: async (letter) => {
          await deadLetters.park(letter);
          evidence.add(by, { kind: 'parked', letter: clone(letter) });
        },
      },
    };
  }
}

/** As it is stored: what the writer still does with its object is none of the record's. */
const clone = <R>(record: R): R => JSON.parse(JSON.stringify(record));

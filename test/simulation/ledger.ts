import { MemoryLedger } from '#runtime/adapters/memory/ledger.ts';
import type { RunRecord } from '#runtime/contracts/ledger.ts';
import type {
  BudgetLedger,
  CallLedger,
  DeadLetterStore,
  RunLedger,
  StepLedger,
} from '#runtime/ports.ts';
import type { Evidence } from './evidence.ts';

export interface LedgerPorts {
  readonly steps: StepLedger;
  readonly calls: CallLedger;
  readonly runs: RunLedger;
  readonly budgets: BudgetLedger;
  readonly deadLetters: DeadLetterStore;
}

/** The ledger in memory, and a witness of every write that it took. */
export class WitnessedLedger {
  readonly memory = new MemoryLedger();
  /** The newest record of every run. */
  readonly runs = new Map<string, RunRecord>();
  readonly #evidence: Evidence;

  constructor(evidence: Evidence) {
    this.#evidence = evidence;
  }

  /** The ports, as `by` uses them. */
  ports(by: string): LedgerPorts {
    const { steps, calls, runs, budgets, deadLetters } = this.memory;
    const evidence = this.#evidence;
    return {
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
      budgets,
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

import type { BudgetRecord } from '#runtime/contracts/budget.ts';
import type { CallRecord, DeadLetter, RunRecord, StepRecord } from '#runtime/contracts/ledger.ts';
import type { ReactionsRecord } from '#runtime/contracts/reactions.ts';
import type { WaitsRecord } from '#runtime/contracts/wait.ts';
import {
  pageOf,
  pageStart,
  placeOf,
  summaryOf,
  tenantOfLetter,
} from '#runtime/core/dead-letter-list.ts';
import {
  budgetKey,
  callKey,
  deadLetterKey,
  endedFence,
  type ItemKey,
  reactionsKey,
  recordText,
  runKey,
  stepKey,
  waitsKey,
} from '#runtime/core/ledger-item.ts';
import { boundedJson, RECORD_MAX_BYTES } from '#runtime/core/limits.ts';
import type {
  BudgetLedger,
  CallLedger,
  DeadLetterStore,
  Put,
  ReactionsLedger,
  RunLedger,
  StepKey,
  StepLedger,
  WaitLedger,
} from '#runtime/ports.ts';

/**
 * The ledger in memory: its six ports over one set of items. Records are kept as JSON text, so what
 * is read is a copy, and what JSON cannot carry is refused as the table refuses it.
 */
export class MemoryLedger {
  readonly #texts = new Map<string, string>();

  readonly steps: StepLedger = {
    read: async ({ steps, runs }) => ({
      steps: steps.map((key) => this.#read<StepRecord>(stepKey(key))),
      runs: runs.map((run) => this.#read<RunRecord>(runKey(run))),
    }),
    list: async (run) =>
      this.#under(id(stepKey({ run, path: '' })))
        .sort(byKey)
        .map(([, text]) => JSON.parse(text)),
    put: async ({ record, expectedRev }) => this.#put(stepKey(record), record, expectedRev),
  };

  readonly calls: CallLedger = {
    read: async (key) => this.#read<CallRecord>(callKey(key)),
    list: async ({ prefix = '', ...step }) =>
      this.#callsOf(step, prefix)
        .sort(byKey)
        .map(([, text]) => JSON.parse(text)),
    put: async ({ record, expectedRev }) => {
      // The checks of the record come first, as they do in front of the table.
      const text = recordText(callKey(record), record, expectedRev);
      const step = this.#read<StepRecord>(stepKey(record));
      if (step?.fence !== record.fence || endedFence(step) === record.fence) {
        return { kind: 'fenced' };
      }
      return this.#write<CallRecord>(callKey(record), text, expectedRev);
    },
  };

  readonly runs: RunLedger = {
    read: async (run) => this.#read<RunRecord>(runKey(run)),
    put: async ({ record, expectedRev }) => this.#put(runKey(record.run), record, expectedRev),
  };

  readonly reactions: ReactionsLedger = {
    read: async (run) => this.#read<ReactionsRecord>(reactionsKey(run)),
    put: async ({ record, expectedRev }) =>
      this.#put(reactionsKey(record.run), record, expectedRev),
  };

  readonly budgets: BudgetLedger = {
    read: async (run) => this.#read<BudgetRecord>(budgetKey(run)),
    put: async ({ record, expectedRev }) => this.#put(budgetKey(record.run), record, expectedRev),
  };

  readonly waits: WaitLedger = {
    read: async (run) => this.#read<WaitsRecord>(waitsKey(run)),
    put: async ({ record, expectedRev }) => this.#put(waitsKey(record.run), record, expectedRev),
  };

  readonly deadLetters: DeadLetterStore = {
    park: async (letter) => {
      const key = id(deadLetterKey(letter.id));
      const text = boundedJson(`the dead letter "${letter.id}"`, letter, RECORD_MAX_BYTES);
      if (!this.#texts.has(key)) this.#texts.set(key, text);
    },
    read: async (letter) => this.#read<DeadLetter>(deadLetterKey(letter)),
    list: async ({ tenant, limit, cursor }) => {
      const before = pageStart(tenant, cursor);
      const found = this.parked()
        .filter((letter) => tenantOfLetter(letter) === tenant && placeOf(letter) < before)
        .sort((a, b) => (placeOf(a) < placeOf(b) ? 1 : -1));
      return pageOf(tenant, found.map(summaryOf), limit);
    },
  };

  /** For tests: the record of one step. */
  step(key: StepKey): StepRecord | null {
    return this.#read<StepRecord>(stepKey(key));
  }

  /** For tests: all calls of a step, in the order in which they were first recorded. */
  callsOf(step: StepKey): readonly CallRecord[] {
    return this.#callsOf(step).map(([, text]) => JSON.parse(text));
  }

  /** For tests: all dead letters, oldest first. */
  parked(): readonly DeadLetter[] {
    return this.#under(deadLetterKey('').pk).map(([, text]) => JSON.parse(text));
  }

  #callsOf({ run, path }: StepKey, prefix = ''): [key: string, text: string][] {
    return this.#under(id(callKey({ run, path, call: prefix })));
  }

  #put<R extends { readonly rev: number }>(
    key: ItemKey,
    record: R,
    expectedRev: number | null,
  ): Put<R> {
    return this.#write<R>(key, recordText(key, record, expectedRev), expectedRev);
  }

  #write<R extends { readonly rev: number }>(
    key: ItemKey,
    text: string,
    expectedRev: number | null,
  ): Put<R> {
    const current = this.#read<R>(key);
    if ((current?.rev ?? null) !== expectedRev) return { kind: 'conflict', current };
    this.#texts.set(id(key), text);
    return { kind: 'written' };
  }

  #read<R>(key: ItemKey): R | null {
    const text = this.#texts.get(id(key));
    return text === undefined ? null : (JSON.parse(text) as R);
  }

  #under(prefix: string): [key: string, text: string][] {
    return [...this.#texts].filter(([key]) => key.startsWith(prefix));
  }
}

const id = ({ pk, sk }: ItemKey): string => `${pk}\n${sk}`;

/** As DynamoDB orders sort keys: by bytes of UTF-8. */
const byKey = ([a]: [string, string], [b]: [string, string]): number =>
  Buffer.compare(Buffer.from(a), Buffer.from(b));

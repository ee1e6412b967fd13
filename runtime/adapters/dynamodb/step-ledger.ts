import type { RunRecord, StepRecord } from '#runtime/contracts/ledger.ts';
import { endedFence, recordText, runKey, stepKey } from '#runtime/core/ledger-item.ts';
import type { Put, StepKey, StepLedger } from '#runtime/ports.ts';
import { DynamoDbTable, keyText, recordOf, type TableOptions } from './table.ts';

/** Steps in the ledger table. Fences stand beside the record, for the conditions of calls. */
export class DynamoDbStepLedger implements StepLedger {
  readonly #table: DynamoDbTable;

  constructor(options: TableOptions) {
    this.#table = new DynamoDbTable(options);
  }

  async read(query: { readonly steps: readonly StepKey[]; readonly runs: readonly string[] }) {
    const steps = query.steps.map(stepKey);
    const runs = query.runs.map(runKey);
    const found = await this.#table.getAll([...steps, ...runs], { isConsistent: true });
    return {
      steps: steps.map((key) => recordOf<StepRecord>(found.get(keyText(key)))),
      runs: runs.map((key) => recordOf<RunRecord>(found.get(keyText(key)))),
    };
  }

  async list(run: string): Promise<readonly StepRecord[]> {
    const items = await this.#table.queryUnder(stepKey({ run, path: '' }));
    return items.flatMap((item) => recordOf<StepRecord>(item) ?? []);
  }

  async put(write: {
    readonly record: StepRecord;
    readonly expectedRev: number | null;
  }): Promise<Put<StepRecord>> {
    const { record, expectedRev } = write;
    const key = stepKey(record);
    return this.#table.compareAndPut({
      key,
      rev: record.rev,
      expectedRev,
      text: recordText(key, record, expectedRev),
      attributes: { fence: record.fence, endedFence: endedFence(record) },
    });
  }
}

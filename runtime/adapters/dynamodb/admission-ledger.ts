import type { AdmissionRecord } from '#runtime/contracts/admission.ts';
import { admissionKey } from '#runtime/core/admission-item.ts';
import { recordText } from '#runtime/core/ledger-item.ts';
import type { AdmissionLedger, Put } from '#runtime/ports.ts';
import { DynamoDbTable, recordOf, type TableOptions } from './table.ts';

/** Admissions in the limits table. */
export class DynamoDbAdmissionLedger implements AdmissionLedger {
  readonly #table: DynamoDbTable;

  constructor(options: TableOptions) {
    this.#table = new DynamoDbTable(options);
  }

  async read(workflow: string): Promise<AdmissionRecord | null> {
    return recordOf<AdmissionRecord>(await this.#table.get(admissionKey(workflow)));
  }

  async put(write: {
    readonly record: AdmissionRecord;
    readonly expectedRev: number | null;
  }): Promise<Put<AdmissionRecord>> {
    const { record, expectedRev } = write;
    const key = admissionKey(record.workflow);
    return this.#table.compareAndPut({
      key,
      rev: record.rev,
      expectedRev,
      text: recordText(key, record, expectedRev),
      attributes: {},
    });
  }
}

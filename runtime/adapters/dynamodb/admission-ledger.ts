import type { AdmissionRecord } from '#runtime/contracts/admission.ts';
import { admissionKey } from '#runtime/core/admission-item.ts';
import type { AdmissionLedger } from '#runtime/ports.ts';
import { RevisedRecords } from './revised-records.ts';
import type { TableOptions } from './table.ts';

/** Admissions in the limits table. */
export class DynamoDbAdmissionLedger
  extends RevisedRecords<AdmissionRecord>
  implements AdmissionLedger
{
  constructor(options: TableOptions) {
    super(options, { keyOf: admissionKey, idOf: ({ workflow }) => workflow });
  }
}

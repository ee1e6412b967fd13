import type { AdmissionRecord } from '#runtime/contracts/admission.ts';
import { admissionKey } from '#runtime/core/admission-item.ts';
import type { AdmissionLedger } from '#runtime/ports.ts';
import { MemoryRevisedRecords } from './revised-records.ts';

/** Admissions in memory. */
export class MemoryAdmissionLedger
  extends MemoryRevisedRecords<AdmissionRecord>
  implements AdmissionLedger
{
  constructor() {
    super({ keyOf: admissionKey, idOf: ({ workflow }) => workflow });
  }
}

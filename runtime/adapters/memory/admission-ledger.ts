import type { AdmissionRecord } from '#runtime/contracts/admission.ts';
import { admissionKey } from '#runtime/core/admission-item.ts';
import { recordText } from '#runtime/core/ledger-item.ts';
import type { AdmissionLedger, Put } from '#runtime/ports.ts';

/** Admissions in memory, kept as JSON text, so that what is read is a copy. */
export class MemoryAdmissionLedger implements AdmissionLedger {
  readonly #texts = new Map<string, string>();

  async read(workflow: string): Promise<AdmissionRecord | null> {
    const text = this.#texts.get(workflow);
    return text === undefined ? null : JSON.parse(text);
  }

  async put(write: {
    readonly record: AdmissionRecord;
    readonly expectedRev: number | null;
  }): Promise<Put<AdmissionRecord>> {
    const { record, expectedRev } = write;
    const { workflow } = record;
    const text = recordText(admissionKey(workflow), record, expectedRev);
    const stored = this.#texts.get(workflow);
    const current: AdmissionRecord | null = stored === undefined ? null : JSON.parse(stored);
    if ((current?.rev ?? null) !== expectedRev) return { kind: 'conflict', current };
    this.#texts.set(workflow, text);
    return { kind: 'written' };
  }
}

import { expect, test } from 'vitest';
import type { AdmissionRecord } from '#runtime/contracts/admission.ts';
import { newAdmission } from '#runtime/core/admission.ts';
import type { AdmissionLedger } from '#runtime/ports.ts';
import { newRun, textOf } from './samples.ts';

const sampleAdmission = (changes: Partial<AdmissionRecord> = {}): AdmissionRecord => ({
  ...newAdmission(`support-${newRun()}`),
  rev: 1,
  line: { next: 12.25, v0: 0.1 + 0.2, t0: 1_767_225_600_000, rate: 19.8 / 3 },
  tenants: { default: 1_767_225_600_101.5 },
  ...changes,
});

/** What every AdmissionLedger does. */
export function testAdmissionLedger(subject: () => { readonly admissions: AdmissionLedger }): void {
  test('reads null for a workflow that nobody has asked for', async () => {
    expect(await subject().admissions.read(`none-${newRun()}`)).toBeNull();
  });

  test('writes, reads and advances an admission', async () => {
    const { admissions } = subject();
    const first = sampleAdmission();
    expect(await admissions.put({ record: first, expectedRev: null })).toEqual({ kind: 'written' });
    expect(await admissions.read(first.workflow)).toEqual(first);
    const second = { ...first, rev: 2, admitted: 1, line: { ...first.line, next: 13.25 } };
    expect(await admissions.put({ record: second, expectedRev: 1 })).toEqual({ kind: 'written' });
    expect(await admissions.read(first.workflow)).toEqual(second);
  });

  test('lets exactly one of many decisions on the same record win, and shows it to the others', async () => {
    const { admissions } = subject();
    const first = sampleAdmission();
    await admissions.put({ record: first, expectedRev: null });
    const puts = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        admissions.put({ record: { ...first, rev: 2, admitted: i }, expectedRev: 1 }),
      ),
    );
    expect(puts.filter(({ kind }) => kind === 'written')).toHaveLength(1);
    const stored = await admissions.read(first.workflow);
    for (const put of puts) {
      if (put.kind === 'conflict') expect(put.current).toEqual(stored);
    }
  });

  test('answers conflict with nothing where the record that is expected is gone', async () => {
    const record = sampleAdmission({ rev: 8 });
    const put = await subject().admissions.put({ record, expectedRev: 7 });
    expect(put).toEqual({ kind: 'conflict', current: null });
  });

  test('refuses a wrong rev and what is too large', async () => {
    const record = sampleAdmission();
    const { admissions } = subject();
    const wrong = admissions.put({ record, expectedRev: 1 });
    await expect(wrong).rejects.toMatchObject({ code: 'REVISION_INVALID' });
    const large = { ...record, tenants: { [textOf(400 * 1024)]: 1 } };
    const put = admissions.put({ record: large, expectedRev: null });
    await expect(put).rejects.toMatchObject({ code: 'TOO_LARGE' });
  });
}

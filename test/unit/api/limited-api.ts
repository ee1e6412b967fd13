import type { AdmissionControl } from '#runtime/contracts/admission.ts';
import { newAdmission } from '#runtime/core/admission.ts';
import { type Answer, apiUnderTest, startCall } from './api-under-test.ts';

export const MODEL = 'model:default';

/** An API whose workflow gets `rate` runs a second at its bottleneck, with `waitSeconds` of them ahead. */
export async function limitedTo(
  rate: number,
  waitSeconds: number,
  control: Partial<AdmissionControl> = {},
) {
  const api = apiUnderTest();
  const { admissions } = api.dependencies;
  const nowMs = api.system.now();
  const fresh = newAdmission('support');
  const line = { next: waitSeconds * rate, v0: 0, t0: nowMs, rate };
  const record = {
    ...fresh,
    rev: 1,
    line,
    returns: { ...line, next: 0 },
    control: { ...fresh.control, atMs: nowMs, lookedAtMs: nowMs, bottleneck: MODEL, ...control },
  };
  await admissions.put({ record, expectedRev: null });
  return {
    ...api,
    record: async () => (await admissions.read('support')) ?? fresh,
    start: (headers: Readonly<Record<string, string>> = {}): Promise<Answer> =>
      api.ask(startCall(headers)),
  };
}

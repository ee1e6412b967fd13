/**
 * What a run's output refers to, for its reader.
 *
 * Why in parts: Lambda answers with 6 MB at most, and a JSON text grows up to four times on its way there
 * (once as a text in the answer's body, once with the body in Lambda's result).
 */
import type { PayloadPart, RunView } from '../../contracts/api.ts';
import { PAYLOAD_HASH } from '../../contracts/claim-check.ts';
import type { RunRecord } from '../../contracts/ledger.ts';
import { textParts } from '../../core/text-parts.ts';
import type { PayloadOwner, PayloadStore } from '../../ports.ts';
import { RunPayloads } from '../run-payloads.ts';
import type { Telemetry } from '../telemetry.ts';
import { quoted, RequestRefusedError } from './problem.ts';

/** Payloads that a view of a run holds in their places, in bytes of JSON. */
const INLINE_MAX_BYTES = 1024 * 1024;
const PART_MAX_BYTES = 1024 * 1024;

export interface PayloadPorts {
  readonly payloads: PayloadStore;
  readonly telemetry: Pick<Telemetry, 'log'>;
}

/** The view with the small parts of its output in their places; what is large, expired or cannot be read now stays a reference. */
export async function withOutput(
  { payloads, telemetry }: PayloadPorts,
  owner: PayloadOwner,
  view: RunView,
): Promise<RunView> {
  if (view.output === undefined) return view;
  try {
    const own = new RunPayloads(payloads, owner);
    return { ...view, output: await own.resolveWhatIsThere(view.output, INLINE_MAX_BYTES) };
  } catch (error) {
    telemetry.log('warn', 'payloads could not be read; a run is shown with references', {
      run: view.id,
      error,
    });
    return view;
  }
}

/** @throws RequestRefusedError for a payload or a part that the run does not have */
export async function readPayloadPart(
  { payloads }: Pick<PayloadPorts, 'payloads'>,
  { run, tenant, root }: RunRecord,
  { sha256, part }: { readonly sha256: string; readonly part: number },
): Promise<PayloadPart> {
  const text = PAYLOAD_HASH.test(sha256) ? await payloads.get({ tenant, root }, sha256) : null;
  if (text === null) throw unknownPayload(run, sha256);
  const parts = textParts(text, PART_MAX_BYTES);
  const found = parts[part];
  if (found === undefined) {
    throw new RequestRefusedError(
      'parameter-invalid',
      `part is ${part}; allowed: a whole number from 0 to ${parts.length - 1}`,
    );
  }
  return { sha256, bytes: Buffer.byteLength(text), part, parts: parts.length, text: found };
}

const unknownPayload = (run: string, sha256: string): RequestRefusedError =>
  new RequestRefusedError(
    'payload-unknown',
    `Run ${run} has no payload ${quoted(sha256)}: it has expired, or the run's output never referred to it. GET /runs/${run} shows the references that there are.`,
  );

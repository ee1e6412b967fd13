import type { QuotaRecord } from '../contracts/quota.ts';
import { answered, failed } from './quota-outage.ts';
import { grown, throttled } from './quota-pace.ts';

/** How a call ended, as far as the health of its provider is concerned. */
export type QuotaOutcome =
  /** The provider answered, if only to refuse what it was asked for. */
  | { readonly kind: 'answered'; readonly usedTokens: number }
  /** 429. */
  | { readonly kind: 'throttled'; readonly retryAfterSeconds?: number | undefined }
  /** 5xx, or no answer in time. */
  | { readonly kind: 'unavailable' };

interface EndedCall {
  /** Of its place. */
  readonly epoch: number;
  /** Epoch milliseconds. */
  readonly beganAtMs: number;
  readonly outcome: QuotaOutcome;
}

/** What a call's end changes in its bucket; `null` for nothing, as after nearly every call. */
export function afterCall(record: QuotaRecord, call: EndedCall, nowMs: number): QuotaRecord | null {
  const { epoch, beganAtMs, outcome } = call;
  switch (outcome.kind) {
    case 'throttled':
      return throttled(record, outcome.retryAfterSeconds, nowMs);
    case 'unavailable':
      return failed(record, epoch, nowMs);
    case 'answered': {
      const healthy = answered(record, beganAtMs, nowMs);
      const faster = grown(healthy ?? record, nowMs);
      return faster ? { ...faster, ver: record.ver + 1 } : healthy;
    }
  }
}

/** Share of a new duration in the typical one: ten calls change it by about two thirds. */
const GAIN = 0.1;

/** The typical duration of a call after one more, in milliseconds. */
export const typicalMs = (before: number | undefined, durationMs: number): number =>
  before === undefined ? durationMs : before + GAIN * (durationMs - before);

/** Reserved tokens that the call did not use; an unknown end counts as used. */
export function unusedTokens(reserved: number, outcome: QuotaOutcome): number {
  if (outcome.kind === 'unavailable') return 0;
  return outcome.kind === 'throttled' ? reserved : reserved - outcome.usedTokens;
}

import type { DeadLetter } from '../contracts/ledger.ts';
import type { PLATFORM_NAMES } from '../contracts/names.ts';
import { fingerprintOf } from './failure.ts';
import { hash } from './hash.ts';
import { cutUtf8 } from './limits.ts';

const BODY_MAX_BYTES = 64 * 1024;
const CAUSE_MAX_LENGTH = 2000;

/** Names of the platform's own functions and resources. */
export type PlatformName = (typeof PLATFORM_NAMES)[keyof typeof PLATFORM_NAMES];

/**
 * The dead letter of a record that one of the platform's own functions cannot read. The same record
 * gives the same letter, however often it comes; the store takes it, whatever the record holds.
 */
export const platformLetter = (
  functionName: PlatformName,
  record: {
    /** As its source identifies it. */
    readonly id: string;
    /** Epoch milliseconds. */
    readonly arrivedMs: number;
    readonly body: string;
  },
  why: Pick<DeadLetter, 'code' | 'cause' | 'run' | 'gen'>,
): DeadLetter => {
  const { code, cause: text, run, gen } = why;
  const cause = text.slice(0, CAUSE_MAX_LENGTH);
  return {
    id: hash([functionName, record.id]),
    parkedAt: new Date(record.arrivedMs).toISOString(),
    agent: functionName,
    code,
    cause,
    fingerprint: fingerprintOf([code, functionName], cause),
    body: cutUtf8(record.body, BODY_MAX_BYTES),
    ...(run !== undefined && { run }),
    ...(gen !== undefined && { gen }),
  };
};

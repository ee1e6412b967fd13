import { createHash } from 'node:crypto';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const LENGTH = 26;

/** 26 characters of Crockford base 32 from the first bits of `bytes`; at least 17 bytes are needed. */
export function base32(bytes: Uint8Array): string {
  let bits = 0n;
  for (const byte of bytes.subarray(0, 17)) bits = (bits << 8n) | BigInt(byte);
  return Array.from(
    { length: LENGTH },
    (_, i) => ALPHABET[Number((bits >> BigInt(131 - 5 * i)) & 31n)],
  ).join('');
}

/**
 * The run id of a request with an Idempotency-Key: the same tenant, workflow and key name the same
 * run, so one conditional put of the run record *is* the idempotency record.
 */
export const runIdOf = (tenant: string, workflow: string, idempotencyKey: string): string =>
  base32(
    createHash('sha256')
      .update(JSON.stringify([tenant, workflow, idempotencyKey]))
      .digest(),
  );

/** The execution's name in Step Functions, at most 80 characters. */
export const executionName = (run: string, gen: number): string => `${run}-${gen}`;

/** The reverse; `null` for a name that is not ours. */
export function parseExecutionName(name: string): { run: string; gen: number } | null {
  const match = /^([0-9a-z]{26})-(\d+)$/.exec(name);
  return match?.[1] && match[2] ? { run: match[1], gen: Number(match[2]) } : null;
}

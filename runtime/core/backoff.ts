/** How often and how far apart something is tried again. */
export interface Backoff {
  /** Tries in all, the first included. */
  readonly attempts: number;
  /** The longest wait before the second try; it doubles from try to try. */
  readonly baseMs: number;
  readonly capMs: number;
}

/** Full jitter: the wait after the `tries`th try is anywhere between nothing and its doubling limit. */
export const backoffMs = (
  backoff: Pick<Backoff, 'baseMs' | 'capMs'>,
  tries: number,
  fraction: number,
): number => Math.floor(fraction * Math.min(backoff.capMs, backoff.baseMs * 2 ** (tries - 1)));

const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz';

/** A number from 0 (inclusive) to 1 (exclusive) out of the first two digits of a random id. */
export const fractionOf = (randomId: string): number =>
  (DIGITS.indexOf(randomId.charAt(0)) * 32 + DIGITS.indexOf(randomId.charAt(1))) / 1024;

/**
 * The functions that Step Functions adds to JSONata, and refusals of those that it lacks or whose
 * value no test could foresee.
 */
import { createHash } from 'node:crypto';
import { SignalboxError } from '#runtime/contracts/errors.ts';

/** A function of the States Language got what it cannot work with. */
class FunctionError extends SignalboxError {
  override readonly name = 'FunctionError';
  readonly code = 'FUNCTION_REFUSED';
}

const RANGE_MAX_LENGTH = 1000;
const HASH_ALGORITHMS: Readonly<Record<string, string>> = {
  MD5: 'md5',
  'SHA-1': 'sha1',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
};

export const STATES_FUNCTIONS: Readonly<Record<string, (...operands: unknown[]) => unknown>> = {
  /** JSON text to a value. */
  parse: (text) => (text === undefined ? undefined : JSON.parse(String(text))),

  /** Chunks of at most `size` items. */
  partition(list, size) {
    if (!Array.isArray(list) || !isCount(size)) {
      return refuse('$partition', [list, size], 'a list and a whole number above 0');
    }
    const chunks = Math.ceil(list.length / size);
    return Array.from({ length: chunks }, (_, i) => list.slice(i * size, (i + 1) * size));
  },

  /** Numbers from `first` to `last`, both included. */
  range(first, last, step) {
    if (!isNumber(first) || !isNumber(last) || !isNumber(step) || step === 0) {
      return refuse('$range', [first, last, step], 'three numbers, the last not 0');
    }
    const length = Math.max(0, Math.floor((last - first) / step) + 1);
    if (length > RANGE_MAX_LENGTH) {
      return refuse('$range', [first, last, step], `at most ${RANGE_MAX_LENGTH} numbers`);
    }
    return Array.from({ length }, (_, i) => first + i * step);
  },

  /** Hexadecimal digest of a text. */
  hash(text, algorithm) {
    const name = HASH_ALGORITHMS[String(algorithm)];
    if (typeof text !== 'string' || name === undefined) {
      return refuse(
        '$hash',
        [text, algorithm],
        `a text and ${Object.keys(HASH_ALGORITHMS).join(', ')}`,
      );
    }
    return createHash(name).update(text).digest('hex');
  },

  ...Object.fromEntries(
    ['uuid', 'random', 'shuffle', 'now', 'millis'].map((name) => [
      name,
      () =>
        refuse(`$${name}`, [], 'values that a repetition would find again; take it from the input'),
    ]),
  ),
  eval: () => refuse('$eval', [], 'expressions without $eval, which Step Functions does not have'),
};

const isNumber = (value: unknown): value is number => Number.isFinite(value);
const isCount = (value: unknown): value is number => Number.isInteger(value) && Number(value) > 0;

function refuse(name: string, got: readonly unknown[], allowed: string): never {
  throw new FunctionError(`${name} got ${JSON.stringify(got)}; allowed: ${allowed}`);
}

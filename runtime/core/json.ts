import { SignalboxError } from '../contracts/errors.ts';

/** A value that JSON would drop or change. Its message names the place. */
export class NotJsonError extends SignalboxError {
  override readonly name = 'NotJsonError';
  readonly code = 'NOT_JSON';
}

/** Deeper values are taken for cycles. */
const VALUE_MAX_DEPTH = 200;

/** For what the platform puts around values: a value that was taken once fits into every record of it. */
export const RECORD_MAX_DEPTH = VALUE_MAX_DEPTH + 20;

/**
 * JSON text that parses to an equal value. Members that are `undefined` are left out; everything
 * else that `JSON.stringify` would change in silence (dates, maps, `NaN`, functions, `undefined` in
 * a list) is refused, because what is stored and replayed must equal what was there at first.
 * @param maxDepth how deep it may be nested @default 200 levels
 * @throws NotJsonError naming the place, the kind got and what is allowed.
 */
export function toJson(value: unknown, maxDepth = VALUE_MAX_DEPTH): string {
  refuseOthers(value, '$', maxDepth);
  return JSON.stringify(value);
}

function refuseOthers(value: unknown, place: string, levels: number): void {
  if (isScalar(value)) return;
  if (typeof value !== 'object' || value === null) refuse(place, String(value));
  if (levels < 0) refuse(place, 'nested too deep, or a cycle');
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) refuseOthers(item, `${place}[${i}]`, levels - 1);
    return;
  }
  refuseInstances(value, place);
  for (const [key, member] of Object.entries(value)) {
    if (member !== undefined) refuseOthers(member, `${place}.${key}`, levels - 1);
  }
}

const isScalar = (value: unknown): boolean =>
  value === null ||
  typeof value === 'string' ||
  typeof value === 'boolean' ||
  (typeof value === 'number' && Number.isFinite(value));

function refuseInstances(value: object, place: string): void {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return;
  refuse(place, `an instance of ${value.constructor?.name}`);
}

function refuse(place: string, got: string): never {
  throw new NotJsonError(
    `${place} is ${got}, which JSON cannot carry; allowed: null, booleans, finite numbers, strings, lists and plain objects. Convert it first.`,
  );
}

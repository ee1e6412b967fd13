/**
 * Finds claim-check references in values, and puts back what they stand for.
 *
 * Boundary: pure; the texts come from the caller.
 * Invariants
 * B3. Whatever has the reference's key is either a reference of the platform's form or malformed; it is
 *     never taken for data.
 * B4. What is put back is not searched again: a payload holds data only.
 */
import {
  type PayloadReference,
  PayloadReferenceSchema,
  REFERENCE_KEY,
} from '../contracts/claim-check.ts';

export interface FoundReference {
  /** `$.passages[3].text`; `$` is the whole. */
  readonly place: string;
  /** `null` for something that has the key and is no reference. */
  readonly reference: PayloadReference[typeof REFERENCE_KEY] | null;
}

/** Everything in `value` that has the key of a reference, in the order of the value. */
export function referencesIn(value: unknown, place = '$'): readonly FoundReference[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Object.hasOwn(value, REFERENCE_KEY)) return [{ place, reference: referenceOf(value) }];
  const found: FoundReference[] = [];
  for (const [key, member] of Object.entries(value)) {
    // Only then is a place spelled: most values have nothing below.
    if (typeof member === 'object' && member !== null) {
      found.push(
        ...referencesIn(member, Array.isArray(value) ? `${place}[${key}]` : `${place}.${key}`),
      );
    }
  }
  return found;
}

/** The value with every reference replaced by what `lookUp` gives for it; one that it gives nothing for stays. */
export function withReferenced(
  value: unknown,
  lookUp: (sha256: string) => { readonly value: unknown } | null,
): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const reference = referenceOf(value);
  if (reference) {
    const found = lookUp(reference.sha256);
    return found ? found.value : value;
  }
  if (Array.isArray(value)) return value.map((item) => withReferenced(item, lookUp));
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, withReferenced(member, lookUp)]),
  );
}

function referenceOf(value: object): FoundReference['reference'] {
  const parsed = PayloadReferenceSchema.safeParse(value);
  return parsed.success ? parsed.data[REFERENCE_KEY] : null;
}

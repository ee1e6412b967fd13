/**
 * The claim check: what stands in the place of a part that is too large to travel.
 *
 * Rules
 * B1. A reference says what it stands for, never whose it is: the owner is always taken from the run's
 *     own record or message, so no reference can reach another run tree's or tenant's data.
 * B2. Only the platform writes references; every entrance refuses the key.
 */
import * as z from 'zod/mini';

/** The key of a claim-check reference: `{"$sbref": {"sha256": …, "bytes": …}}`. */
export const REFERENCE_KEY = '$sbref';

/** A payload's name among its owner's: SHA-256 of its text, in hexadecimal digits. */
export const PAYLOAD_HASH = /^[0-9a-f]{64}$/;

/** Stands for the value whose JSON text has this hash and this many bytes. */
export const PayloadReferenceSchema = z.strictObject({
  [REFERENCE_KEY]: z.strictObject({
    sha256: z.string().check(z.regex(PAYLOAD_HASH)),
    bytes: z.int().check(z.positive()),
  }),
});
export type PayloadReference = z.infer<typeof PayloadReferenceSchema>;

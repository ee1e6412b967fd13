/**
 * The list of a tenant's dead letters: whose a letter is, where it stands, how a page goes on.
 *
 * Boundary: pure; every store lists alike.
 */
import type { DeadLetter, DeadLetterSummary } from '../contracts/ledger.ts';
import { DEFAULT_TENANT } from '../contracts/tenant.ts';
import { decodeListCursor, encodeListCursor } from './list-cursor.ts';

/** A message that names no tenant concerns the deployment as a whole. */
export const tenantOfLetter = ({ tenant = DEFAULT_TENANT }: Pick<DeadLetter, 'tenant'>): string =>
  tenant;

/** Places are ordered as the letters were parked. */
export const placeOf = ({ parkedAt, id }: DeadLetterSummary): string => `${parkedAt}#${id}`;

export const summaryOf = ({ body: _, ...summary }: DeadLetter): DeadLetterSummary => summary;

/**
 * The place before which a page begins; behind every place when it is the first page.
 * @throws InvalidCursorError
 */
export const pageStart = (tenant: string, cursor: string | undefined): string =>
  cursor === undefined ? BEHIND_ALL : decodeListCursor(listOf(tenant), cursor);

/** Places begin with a year. */
const BEHIND_ALL = ':';

/** @param found newest first; one more than `limit` when another page follows */
export function pageOf(tenant: string, found: readonly DeadLetterSummary[], limit: number) {
  const letters = found.slice(0, limit);
  const last = letters.at(-1);
  return {
    letters,
    ...(last && found.length > limit && { next: encodeListCursor(listOf(tenant), placeOf(last)) }),
  };
}

/** A cursor of another list is refused. */
const listOf = (tenant: string) => ({ list: 'dead-letters', tenant });

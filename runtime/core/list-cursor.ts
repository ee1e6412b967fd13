import * as z from 'zod/mini';
import { InvalidCursorError } from '../contracts/errors.ts';
import { hash } from './hash.ts';
import { parseJson } from './parse-json.ts';

const Cursor = z.tuple([z.string(), z.string()]);

/** Opaque, URL-safe text for "behind the entry with this key, in the list of this filter". */
export const encodeListCursor = (filter: object, key: string): string =>
  Buffer.from(JSON.stringify([key, hash(filter)])).toString('base64url');

/**
 * The key behind which the list goes on.
 * @throws InvalidCursorError when no page of this filter's list gave the cursor.
 */
export function decodeListCursor(filter: object, cursor: string): string {
  const parsed = z.safeParse(Cursor, parseJson(Buffer.from(cursor, 'base64url').toString()));
  if (parsed.success && parsed.data[1] === hash(filter)) return parsed.data[0];
  throw new InvalidCursorError(
    `cursor "${cursor.slice(0, 80)}" is not of this list; allowed: the "next" of an earlier page, unchanged and with the same filter. Leave it out to begin at the first page.`,
  );
}

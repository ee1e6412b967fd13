import * as z from 'zod/mini';
import { SignalboxError } from '../contracts/errors.ts';

/** A cursor that this deployment did not give out. */
export class CursorError extends SignalboxError {
  override readonly name = 'CursorError';
  readonly code = 'CURSOR_INVALID';
}

/** Opaque, URL-safe text for a position; what is inside is nobody's business but the reader's. */
export const encodeCursor = (position: readonly (string | number)[]): string =>
  Buffer.from(JSON.stringify(position)).toString('base64url');

/**
 * The position inside a cursor.
 * @throws CursorError when it is not one of the shape asked for.
 */
export function decodeCursor<S extends z.ZodMiniType>(shape: S, cursor: string): z.infer<S> {
  const parsed = z.safeParse(shape, parse(Buffer.from(cursor, 'base64url').toString()));
  if (parsed.success) return parsed.data;
  throw new CursorError(
    `"${cursor.slice(0, 80)}" is not a cursor of this list; allowed: the "next" of an earlier page, unchanged. Leave it out to begin at the first page.`,
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

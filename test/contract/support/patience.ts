import { setTimeout as sleep } from 'node:timers/promises';
import type { CloudName } from '../../../localstack/capabilities.ts';

/** AWS makes resources, propagates roles and polls streams in seconds, not milliseconds. */
const SLOWER: Readonly<Record<CloudName, number>> = { embedded: 1, localstack: 3, aws: 10 };

export const patienceFor = (cloud: CloudName, milliseconds: number): number =>
  milliseconds * SLOWER[cloud];

const INTERVAL_MS = 25;

/**
 * Looks again until something is there: `null`, `false` and a thrown error (a failed `expect` too)
 * mean "not yet".
 * @throws the last error, or one that names what was awaited
 */
export async function eventually<T>(
  look: () => Promise<T> | T,
  { withinMs, what }: { readonly withinMs: number; readonly what: string },
): Promise<Exclude<T, null | false>> {
  const until = performance.now() + withinMs;
  for (;;) {
    const seen = await lookOnce(look);
    if (seen.ok) return seen.value;
    if (performance.now() > until) throw seen.error ?? new Error(`no ${what} in ${withinMs} ms`);
    await sleep(INTERVAL_MS);
  }
}

type Seen<T> =
  | { readonly ok: true; readonly value: Exclude<T, null | false> }
  | { readonly ok: false; readonly error?: unknown };

async function lookOnce<T>(look: () => Promise<T> | T): Promise<Seen<T>> {
  try {
    const value = await look();
    return value === null || value === false
      ? { ok: false }
      : { ok: true, value: value as Exclude<T, null | false> };
  } catch (error) {
    return { ok: false, error };
  }
}

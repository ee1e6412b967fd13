/**
 * Which homes fit, and which of them come first.
 *
 * Boundary: pure; `homes.ts` loads the homes.
 */
import type { Home, Preferences } from './contracts.ts';

type Wanted = Pick<Preferences, 'rooms' | 'maxPrice'>;

/** All that fit, best first: with as many rooms as wanted before those with more, then the largest, then the cheapest. */
export const fittingHomes = (homes: readonly Home[], wanted: Wanted): readonly Home[] =>
  homes
    .filter((home) => fits(home, wanted))
    .sort((a, b) => roomsToSpare(a, wanted) - roomsToSpare(b, wanted) || byWorth(a, b));

const fits = (home: Home, { rooms, maxPrice }: Wanted): boolean =>
  home.rooms >= (rooms ?? 0) && home.price <= (maxPrice ?? Number.POSITIVE_INFINITY);

const roomsToSpare = (home: Home, { rooms }: Wanted): number =>
  rooms === null ? 0 : home.rooms - rooms;

const byWorth = (a: Home, b: Home): number =>
  b.livingSqft - a.livingSqft || a.price - b.price || Number(a.id) - Number(b.id);

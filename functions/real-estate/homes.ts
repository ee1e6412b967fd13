import type { Home } from './contracts.ts';

/** Price, rooms, bedrooms, living area, year: in the order of the file, which gives the id. */
export type HomeRow = readonly [
  price: number,
  rooms: number,
  bedrooms: number,
  livingSqft: number,
  built: number,
];

export const rowOf = ({ price, rooms, bedrooms, livingSqft, built }: Home): HomeRow => [
  price,
  rooms,
  bedrooms,
  livingSqft,
  built,
];

let loading: Promise<readonly Home[]> | undefined;

/** All homes that there are. Loaded on the first message, kept while the function lives. */
export const allHomes = (): Promise<readonly Home[]> => {
  loading ??= load();
  return loading;
};

async function load(): Promise<readonly Home[]> {
  // Made by `prepare.ts` before the functions are bundled.
  const { default: made } = await import('./generated/homes.json', { with: { type: 'json' } });
  const rows = JSON.parse(made.rows) as readonly HomeRow[]; // as `prepare.ts` has written them
  return rows.map(([price, rooms, bedrooms, livingSqft, built], i) => ({
    id: String(i + 1),
    price,
    rooms,
    bedrooms,
    livingSqft,
    built,
  }));
}

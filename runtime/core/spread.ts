/**
 * Spreads what many runs write at once over a few partitions of a table: one takes 1,000 writes a
 * second, and whoever reads all of them asks each.
 */
import { hash } from './hash.ts';

const PARTITIONS = 8;

/** The partition key of a run's items. */
export const partitionOf = (area: string, run: string): string =>
  `${area}#${Number.parseInt(hash(run).slice(0, 8), 16) % PARTITIONS}`;

/** All partition keys. */
export const partitionsOf = (area: string): readonly string[] =>
  Array.from({ length: PARTITIONS }, (_, n) => `${area}#${n}`);

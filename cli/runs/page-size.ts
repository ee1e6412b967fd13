import { InvalidArgumentError } from 'commander';

/** Entries on a page of a list. */
export function pageSizeOf(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 100) {
    throw new InvalidArgumentError('Allowed: a whole number from 1 to 100.');
  }
  return value;
}

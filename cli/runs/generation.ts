import { InvalidArgumentError } from 'commander';

/** The number of a generation. @throws InvalidArgumentError */
export function generationOf(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Allowed: a whole number from 0.');
}

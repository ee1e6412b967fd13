import { InvalidArgumentError } from 'commander';

/** An option that is a number; the API says which ones it takes. */
export function numberOf(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) {
    throw new InvalidArgumentError('Allowed: a number.');
  }
  return value;
}

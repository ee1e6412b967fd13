import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { CAPABILITY_NAMES, reasonAgainst } from '../../../localstack/capabilities.ts';
import { nameOf } from '../../contract/support/cloud-under-test.ts';

const README = new URL('../../../localstack/README.md', import.meta.url);

describe('the capabilities', () => {
  test('B2: a denial says why', () => {
    const reasons = CAPABILITY_NAMES.flatMap((name) => [
      reasonAgainst(name, 'embedded'),
      reasonAgainst(name, 'localstack'),
    ]);
    expect(reasons.filter((reason) => reason !== null && reason.length < 10)).toEqual([]);
  });

  test('deny the embedded cloud at most five behaviours', () => {
    const denied = CAPABILITY_NAMES.filter((name) => reasonAgainst(name, 'embedded') !== null);
    expect(denied.length).toBeLessThanOrEqual(5);
  });

  test('have the name of every contract test that the README closes a difference with', async () => {
    const table = (await readFile(README, 'utf8')).split('## What differs from AWS')[1] ?? '';
    const named = [...table.matchAll(/test: `([^`]+)`/g)].map(([, name = '']) => name);
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((name) => !CAPABILITY_NAMES.some((known) => known === name))).toEqual([]);
  });
});

describe('the cloud under test', () => {
  test('is refused by an unknown name, with those that are allowed', () => {
    expect(() => nameOf('moon')).toThrow('it may be embedded, localstack, aws or unset');
    expect(nameOf('')).toBeNull();
  });
});

import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { nodeSystem } from '#runtime/adapters/system/system.ts';
import type { PayloadOwner, PayloadStore } from '#runtime/ports.ts';

const payloadOf = (text: string) => ({
  sha256: createHash('sha256').update(text).digest('hex'),
  text,
});

/** What every PayloadStore does. Owners are new for each test, so tests do not meet. */
export function testPayloadStore(subject: () => PayloadStore): void {
  const newOwner = (): PayloadOwner => ({ tenant: 'acme', root: nodeSystem.randomId() });

  describe('put and get', () => {
    test.each([
      ['ordinary text', '{"a":1}'],
      ['text beyond ASCII', JSON.stringify(['é', '😀', '\u2028', '\u0000', '"\\'])],
      ['a single character', '1'],
    ])('gives %s back as it was', async (_what, text) => {
      const owner = newOwner();
      const payload = payloadOf(text);
      await subject().put(owner, payload);
      expect(await subject().get(owner, payload.sha256)).toBe(text);
    });

    test('gives 5 MB back as they were', async () => {
      const owner = newOwner();
      const text = JSON.stringify(
        Array.from({ length: 100_000 }, (_, i) => ({ i, text: `é ${i} "quoted" text of an item` })),
      );
      expect(Buffer.byteLength(text)).toBeGreaterThan(5_000_000);
      await subject().put(owner, payloadOf(text));
      expect(await subject().get(owner, payloadOf(text).sha256)).toBe(text);
    });

    test('keeps a text once, however often it is put, also at the same time', async () => {
      const owner = newOwner();
      const payload = payloadOf('"again"');
      await Promise.all([subject().put(owner, payload), subject().put(owner, payload)]);
      await subject().put(owner, payload);
      expect(await subject().get(owner, payload.sha256)).toBe('"again"');
    });

    test('reads what was put a moment before', async () => {
      const owner = newOwner();
      for (let i = 0; i < 5; i += 1) {
        const payload = payloadOf(`"${i}"`);
        await subject().put(owner, payload);
        expect(await subject().get(owner, payload.sha256)).toBe(payload.text);
      }
    });
  });

  describe('get', () => {
    test('gives null for what is not there', async () => {
      expect(await subject().get(newOwner(), payloadOf('"never"').sha256)).toBeNull();
    });

    test("B9: gives null for another run's and another tenant's", async () => {
      const owner = newOwner();
      const payload = payloadOf('"mine"');
      await subject().put(owner, payload);
      expect(await subject().get({ ...owner, tenant: 'other' }, payload.sha256)).toBeNull();
      expect(await subject().get({ ...owner, root: 'other' }, payload.sha256)).toBeNull();
    });
  });

  describe('put', () => {
    test('B10: refuses a text that is not what its name says', async () => {
      const owner = newOwner();
      const { sha256 } = payloadOf('"one"');
      await expect(subject().put(owner, { sha256, text: '"two"' })).rejects.toThrow();
      expect(await subject().get(owner, sha256)).toBeNull();
    });
  });
}

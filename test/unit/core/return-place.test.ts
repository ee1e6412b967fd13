import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { keyOfText, placeOf, placeText } from '#runtime/core/return-place.ts';

const RUN = '0123456789abcdefghjkmnpqrs';
const PLACE = { run: RUN, tenant: 'acme', workflow: 'support', place: 12.5 };
const OWNER = { tenant: 'acme', workflow: 'support' };
const KEY = keyOfText('secret');
const TEXT = placeText(PLACE, KEY);

describe('placeText', () => {
  test('is read back as the place that it names', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e12, noNaN: true }), (place) => {
        const back = placeOf(placeText({ ...PLACE, place }, KEY), OWNER, KEY);
        expect(back?.place).toBeCloseTo(place, 3);
      }),
    );
  });

  test('is safe in a header and short', () => {
    expect(TEXT).toMatch(/^[\w.-]{1,90}$/);
  });
});

describe('placeOf', () => {
  test.each([
    ['another tenant', { ...OWNER, tenant: 'other' }, KEY],
    ['another workflow', { ...OWNER, workflow: 'other' }, KEY],
    ['another stage', OWNER, keyOfText('other')],
  ])('gives %s nothing (P1)', (_who, owner, key) => {
    expect(placeOf(TEXT, owner, key)).toBeNull();
  });

  test('takes no text in which any character was changed (P1)', () => {
    for (let i = 0; i < TEXT.length; i += 1) {
      const changed = `${TEXT.slice(0, i)}${TEXT[i] === '0' ? '1' : '0'}${TEXT.slice(i + 1)}`;
      // The last character of a signature has two bits that say nothing.
      if (
        Buffer.from(changed.slice(-43), 'base64url').equals(
          Buffer.from(TEXT.slice(-43), 'base64url'),
        ) &&
        changed.slice(0, -43) === TEXT.slice(0, -43)
      )
        continue;
      expect(placeOf(changed, OWNER, KEY), changed).toBeNull();
    }
  });

  test.each(['', 'x', `${TEXT} `, TEXT.slice(1), `${TEXT}${TEXT}`, TEXT.replace('12.500', '12.5')])(
    'takes no text of another form: %j',
    (text) => {
      expect(placeOf(text, OWNER, KEY)).toBeNull();
    },
  );
});

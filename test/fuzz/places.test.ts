/**
 * The header Signalbox-Place through the API's handler: whatever it holds, it lets nobody in who was not
 * given it.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { limitedTo } from '../unit/api/limited-api.ts';
import { hostileText, SEED } from './hostile.ts';

const HEADER = 'signalbox-place';

/** The place with one character removed, added or changed. */
const oneOff = (place: string): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.nat(place.length - 1),
      fc.constantFrom('remove', 'add', 'change'),
      fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 1 }),
    )
    .map(([at, what, other]) => {
      const after = place.slice(what === 'add' ? at : at + 1);
      return place.slice(0, at) + (what === 'remove' ? '' : other) + after;
    });

const anyHeader = (place: string): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 4, arbitrary: oneOff(place) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 120 }) },
    { weight: 1, arbitrary: hostileText.map((text) => text.slice(0, 2000)) },
    { weight: 1, arbitrary: fc.constantFrom(place.repeat(2), ` ${place}`, place.toUpperCase()) },
  );

test(`a place that nobody was given is refused, and changes nothing (seed ${SEED})`, async () => {
  const { start, system, record } = await limitedTo(2, 21);
  const { body } = await start();
  const place = String(body.overload.place);
  await system.advance(11_000);
  const before = await record();
  await fc.assert(
    fc.asyncProperty(anyHeader(place), async (text) => {
      fc.pre(!isSame(text, place));
      expect(await start({ [HEADER]: text })).toMatchObject({ status: 400 });
    }),
    { seed: SEED, numRuns: 500 },
  );
  expect(await record()).toEqual(before);
  expect(await start({ [HEADER]: place })).toMatchObject({ status: 202 });
});

/** The last character of a signature has two bits that say nothing. */
const isSame = (text: string, place: string): boolean =>
  text.slice(0, -43) === place.slice(0, -43) &&
  Buffer.from(text.slice(-43), 'base64url').equals(Buffer.from(place.slice(-43), 'base64url'));

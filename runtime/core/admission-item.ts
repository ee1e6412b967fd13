/** Where admissions and the key of their places live in the limits table. */
import { LIMITS_AREAS } from '../contracts/tables.ts';
import type { ItemKey } from './ledger-item.ts';

export const admissionKey = (workflow: string): ItemKey => ({
  pk: `${LIMITS_AREAS.admissions}#${workflow}`,
  sk: 'admission',
});

export const PLACE_KEY: ItemKey = { pk: LIMITS_AREAS.placeKey, sk: 'place-key' };

/**
 * Places of those that were sent away, as the text that they bring back.
 *
 * Boundary: pure; the key is handed in.
 * Invariants
 * P1. Nobody but the stage makes a place, and none is good for another tenant, workflow or run: all of
 *     them are in what is signed (HMAC-SHA-256).
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { ReturnPlace } from '../contracts/admission.ts';

const TEXT = /^([0-9a-z]{26})_(\d{1,15}\.\d{3})_([\w-]{43})$/;

/** Safe in a header; at most 90 characters. */
export function placeText(place: ReturnPlace, key: Uint8Array): string {
  const signed = { ...place, place: place.place.toFixed(3) };
  return `${signed.run}_${signed.place}_${signature(signed, key)}`;
}

/** The place that a text names; `null` when it was not given to this tenant for this workflow. */
export function placeOf(
  text: string,
  { tenant, workflow }: Pick<ReturnPlace, 'tenant' | 'workflow'>,
  key: Uint8Array,
): ReturnPlace | null {
  const [, run, place, sent] = TEXT.exec(text) ?? [];
  if (run === undefined || place === undefined || sent === undefined) return null;
  const right = signature({ run, tenant, workflow, place }, key);
  return timingSafeEqual(Buffer.from(sent), Buffer.from(right))
    ? { run, tenant, workflow, place: Number(place) }
    : null;
}

const signature = (
  { run, tenant, workflow, place }: Omit<ReturnPlace, 'place'> & { readonly place: string },
  key: Uint8Array,
): string =>
  createHmac('sha256', key)
    .update(JSON.stringify([tenant, workflow, run, place]))
    .digest('base64url');

/** The key that a stored secret stands for. */
export const keyOfText = (secret: string): Uint8Array =>
  createHash('sha256').update(`places of a stage: ${secret}`).digest();

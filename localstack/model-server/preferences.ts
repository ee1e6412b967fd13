/** Reads what somebody who looks for a home writes. Pure, extractive. */
import * as z from 'zod/mini';
import { parseJson } from '../parse-json.ts';
import { textOf } from './sections.ts';

interface Preferences {
  readonly rooms: number | null;
  readonly maxPrice: number | null;
  readonly wantsVisit: boolean;
}

/** @param prompt sections `message` and `previous`, the latter the preferences of before as JSON, or `null` */
export function preferencesOf(prompt: string): Preferences {
  const message = textOf(prompt, 'message');
  const previous = previousIn(prompt);
  return {
    rooms: roomsIn(message) ?? previous.rooms,
    maxPrice: priceIn(message) ?? cheaperThan(message, previous.maxPrice),
    wantsVisit: VISIT.test(message),
  };
}

const VISIT =
  /\b(?:visit|viewing|view (?:it|one|them)|see (?:it|one|them|the (?:house|home|place))|look at (?:it|one)|meet|appointment|come by|show (?:me|us))\b/i;
const CHEAPER = /\b(?:cheaper|less expensive|lower (?:price|budget)|too (?:expensive|dear))\b/i;

/** Of what is too dear, nine tenths are looked for. */
const cheaperThan = (message: string, maxPrice: number | null): number | null =>
  maxPrice !== null && CHEAPER.test(message) ? Math.round(maxPrice * 0.9) : maxPrice;

const WORDS = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'];
const ROOMS = new RegExp(`\\b(\\d{1,2}|${WORDS.join('|')})[ -]?(?:or more )?rooms?\\b`, 'i');

function roomsIn(message: string): number | null {
  const [, found] = ROOMS.exec(message) ?? [];
  if (found === undefined) return null;
  const word = WORDS.indexOf(found.toLowerCase());
  return word < 0 ? Number(found) : word + 1;
}

/** `$450,000`, `450k`, `0.5 million`, `up to 450000`. */
const PRICE =
  /(?<prefix>\$|\b(?:up to|at most|below|under|maximum|max\.?|budget(?: is| of)?:?)) ?\$?(?<amount>\d[\d,]*(?:\.\d+)?) ?(?<unit>k|thousand|m|million)?\b|\b(?<bare>\d[\d,]*(?:\.\d+)?) ?(?<bareUnit>k|thousand|million|dollars)\b/i;
const UNITS: Readonly<Record<string, number>> = { k: 1e3, thousand: 1e3, m: 1e6, million: 1e6 };

function priceIn(message: string): number | null {
  const { amount, unit, bare, bareUnit } = PRICE.exec(message)?.groups ?? {};
  const number = amount ?? bare;
  if (number === undefined) return null;
  const factor = UNITS[(unit ?? bareUnit ?? '').toLowerCase()] ?? 1;
  return Math.round(Number(number.replaceAll(',', '')) * factor);
}

const Previous = z.object({ rooms: z.nullable(z.number()), maxPrice: z.nullable(z.number()) });

const previousIn = (prompt: string): Pick<Preferences, 'rooms' | 'maxPrice'> =>
  parseJson(Previous, textOf(prompt, 'previous')) ?? { rooms: null, maxPrice: null };

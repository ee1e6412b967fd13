/**
 * The knowledge base: passages of the documentation behind a BM25 index.
 *
 * Boundary: pure; `prepare.ts` builds and writes the index, `retrieve-passages.ts` loads it.
 */
import MiniSearch, { type Options } from 'minisearch';
import type { Passage } from './contracts.ts';
import type { Section } from './passages.ts';

interface Entry extends Section {
  readonly id: number;
  /** What the passage defines: the words that its rows and items begin with, or that it prints bold. */
  readonly defines: string;
}

/** Words of a question's form: they are in every document and ask for none. */
const STOP_WORDS = new Set(
  (
    'a about an and any are as at be been but by can could did do does for from get got had has have how i if in ' +
    'into is it its me my no not of on or our please shall should so some tell than that the their them then ' +
    'there these they this to us was we were what when where which who whom whose why will with would you your'
  ).split(' '),
);

/** Letters and digits of any script; punctuation and Markdown marks part words. */
const tokenize = (text: string): string[] => text.match(/[\p{L}\p{N}]+/gu) ?? [];

/** One form for singular and plural, retry and retried: light, because a wrong stem costs more than a missed one. */
function processTerm(word: string): string | null {
  const term = word.toLowerCase();
  if (STOP_WORDS.has(term)) return null;
  if (term.length <= 3) return term;
  return term
    .replace(/(?:ies|ied)$/, 'y')
    .replace(/(?<=[^aeiou])(?:ing|ed|es)$|(?<![su])s$/, '')
    .replace(/(?<=..)e$/, '');
}

/** What an index is built with it must be loaded with. */
const OPTIONS: Options<Entry> = {
  fields: ['heading', 'defines', 'file', 'text'],
  storeFields: ['file', 'heading', 'text'],
  tokenize,
  processTerm,
  searchOptions: {
    boost: { heading: 2, defines: 1.5, file: 1.2 },
    // Compounds and derived words: "idempot" finds "idempotency".
    prefix: (term) => term.length >= 5,
    weights: { prefix: 0.3, fuzzy: 0 },
  },
};

/** The index as JSON; the same sections give the same bytes. */
export function buildIndex(sections: readonly Section[]): string {
  const index = new MiniSearch<Entry>(OPTIONS);
  index.addAll(
    sections.map((section, id) => ({ ...section, id, defines: definedIn(section.text) })),
  );
  return JSON.stringify(index);
}

const definedIn = (text: string): string =>
  [...text.matchAll(/^\| *([^|\n]{1,60}?) *\||\*\*([^*\n]{1,80})\*\*|^[-*] `([^`\n]+)`/gm)]
    .map(([, cell, bold, code]) => cell ?? bold ?? code)
    .join('\n');

/** Finds passages: best first, at most `limit`; none when no word is shared. */
export type Search = (query: string, limit: number) => readonly Passage[];

/** @param json what `buildIndex` gave */
export function loadIndex(json: string): Search {
  const index = MiniSearch.loadJSON<Entry>(json, OPTIONS);
  return (query, limit) =>
    index
      .search(query)
      .slice(0, limit)
      .map(({ file, heading, text }, i) => ({
        id: `p${i + 1}`,
        file: String(file),
        heading: String(heading),
        text: String(text),
      }));
}

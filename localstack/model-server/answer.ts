/**
 * Answers a question with sentences of the passages, or not at all.
 *
 * Job: find the passage that speaks to what is asked, quote what it says, refuse when none does.
 * Boundary: pure; text in, an answer out.
 *
 * Invariants
 * A1. Every sentence of an answer stands in a passage that it cites.
 * A2. A word that no passage has weighs most: a question about something else is refused although it
 *     shares all its other words with the passages.
 */
import type { Section } from './sections.ts';
import { statementsOf } from './sentences.ts';
import { type AskedWord, askedWords, has, stemsOf } from './words.ts';

export interface Answer {
  readonly answerable: boolean;
  readonly answer: string;
  /** The id of the passage quoted; empty for a refusal. */
  readonly citations: readonly string[];
}

const REFUSAL: Answer = { answerable: false, answer: '', citations: [] };

/** Least share of the question's weight that the passage quoted must speak to. */
const MIN_PASSAGE_COVERAGE = 0.55;
/** Least share that its best sentence, read under its heading, must speak to. */
const MIN_SENTENCE_COVERAGE = 0.5;
/** A further sentence must speak to this share of what the best one does. */
const MIN_RELATIVE_SCORE = 0.6;
const MAX_SENTENCES = 3;
/** A heading that speaks to this share is about the question as a whole. */
const MIN_TOPIC_COVERAGE = 0.5;
const WHOLE_TOPIC_COVERAGE = 0.8;

export function answerFrom(question: string, passages: readonly Section[]): Answer {
  const read = passages.map(readPassage);
  const asked = weigh(askedWords(question), read);
  const best = bestOf(read, asked);
  if (!best) return REFUSAL;
  return { answerable: true, answer: quote(best, asked), citations: [best.id] };
}

interface ReadPassage {
  readonly id: string;
  readonly heading: ReadonlySet<string>;
  /** Words of its heading and file: they stand over every sentence. */
  readonly context: ReadonlySet<string>;
  readonly statements: readonly Statement[];
  readonly stems: ReadonlySet<string>;
}

interface Statement {
  readonly text: string;
  readonly stems: ReadonlySet<string>;
  /** What it is about: the words it begins with. */
  readonly subject: ReadonlySet<string>;
}

function readPassage({ attributes, text }: Section): ReadPassage {
  const { id = '', heading = '', file = '' } = attributes;
  const context = stemsOf(`${heading} ${file}`);
  return {
    id,
    heading: stemsOf(heading),
    context,
    statements: statementsOf(text).map((statement) => ({
      text: statement,
      stems: stemsOf(statement),
      subject: stemsOf(SUBJECT.exec(statement)?.[1] ?? ''),
    })),
    stems: new Set([...context, ...stemsOf(text)]),
  };
}

/** At most five words up to the verb, or up to the colon that a table's first cell ends with. */
const SUBJECT = /^((?:\S+ ){0,4}?\S+?)(?:[:,]? (?:is|are|means|has|can|writes|says)\b|: )/;

interface Weighted {
  readonly stem: string;
  readonly weight: number;
}

const GENERIC_WEIGHT = 0.3;
/** Weights of a word that no passage has (A2). */
const MISSING_WEIGHTS = { plain: 2.2, name: 3.3 };

/** A word that few passages have tells them apart and counts more: 1.1 for one of five, 0.7 for all. */
function weigh(words: readonly AskedWord[], passages: readonly ReadPassage[]): readonly Weighted[] {
  return words.map(({ stem, kind }) => {
    if (kind === 'generic') return { stem, weight: GENERIC_WEIGHT };
    const frequency = passages.filter(({ stems }) => has(stems, stem)).length;
    if (frequency === 0) return { stem, weight: MISSING_WEIGHTS[kind] };
    return { stem, weight: 1.2 - 0.5 * (frequency / passages.length) };
  });
}

/** Share of the question's weight that these words speak to, 0 to 1. */
function coverage(asked: readonly Weighted[], ...texts: readonly ReadonlySet<string>[]): number {
  const total = sum(asked);
  const spoken = asked.filter(({ stem }) => texts.some((stems) => has(stems, stem)));
  return total === 0 ? 0 : sum(spoken) / total;
}

const sum = (asked: readonly Weighted[]): number =>
  asked.reduce((total, { weight }) => total + weight, 0);

/** The passage that speaks to most of the question; the order given breaks ties. */
function bestOf(
  passages: readonly ReadPassage[],
  asked: readonly Weighted[],
): ReadPassage | undefined {
  const ranked = passages.flatMap((passage, i) => {
    const { context, statements } = passage;
    const most = (value: (statement: Statement) => number) => Math.max(0, ...statements.map(value));
    const whole = coverage(asked, passage.stems);
    const underHeading = most(({ stems }) => coverage(asked, stems, context));
    if (whole < MIN_PASSAGE_COVERAGE || underHeading < MIN_SENTENCE_COVERAGE) return [];
    const alone = most(({ stems, subject }) => coverage(asked, stems) + coverage(asked, subject));
    const rank = whole + underHeading + 0.5 * alone + topic(passage, asked) - 0.1 * i;
    return [{ passage, rank }];
  });
  return ranked.sort((a, b) => b.rank - a.rank)[0]?.passage;
}

/** How much the heading is about the question: what it speaks to, and how little else it says. */
function topic({ heading }: ReadPassage, asked: readonly Weighted[]): number {
  const spoken = asked.filter(({ stem }) => has(heading, stem)).length;
  return 0.5 * coverage(asked, heading) + 0.5 * Math.min(1, spoken / Math.max(1, heading.size));
}

/**
 * The best sentence and others that say as much; where the heading is what was asked for, those that
 * follow the best one, or that the section begins with. In the passage's order (A1).
 */
function quote({ statements, heading }: ReadPassage, asked: readonly Weighted[]): string {
  const scored = statements.map(({ text, stems, subject }, i) => ({
    text,
    i,
    score: coverage(asked, stems) + 0.5 * coverage(asked, subject) - 0.01 * i,
  }));
  const ranked = scored.toSorted((a, b) => b.score - a.score);
  const best = ranked[0];
  if (!best) return '';
  const share = coverage(asked, heading);
  const start = share >= WHOLE_TOPIC_COVERAGE ? 0 : best.i;
  const chosen =
    share >= MIN_TOPIC_COVERAGE
      ? scored.slice(start, start + MAX_SENTENCES)
      : ranked
          .slice(0, MAX_SENTENCES)
          .filter(({ score }) => score >= best.score * MIN_RELATIVE_SCORE);
  return chosen
    .sort((a, b) => a.i - b.i)
    .map(({ text }) => text)
    .join(' ');
}

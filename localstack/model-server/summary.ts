/** Sums up a message for a ticket, in the customer's words. Pure. */
import { sentencesOf } from './sentences.ts';

export interface Summary {
  readonly subject: string;
  readonly summary: string;
}

const MAX_SUBJECT_WORDS = 10;
const MAX_SUBJECT_CHARACTERS = 120;
const MAX_SUMMARY_CHARACTERS = 400;

export function summaryOf(query: string): Summary {
  const sentences = sentencesOf(query.replace(/\s+/g, ' '));
  const [first = query.trim()] = sentences;
  const words = first.split(' ');
  const subject = words.slice(0, MAX_SUBJECT_WORDS).join(' ');
  const summary = sentences.slice(0, 3).join(' ') || first;
  return {
    subject: cut(
      words.length > MAX_SUBJECT_WORDS ? `${subject} …` : subject,
      MAX_SUBJECT_CHARACTERS,
    ),
    summary: `The customer writes: ${cut(summary, MAX_SUMMARY_CHARACTERS)}`,
  };
}

const cut = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length)} …`;

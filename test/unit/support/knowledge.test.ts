import { describe, expect, test } from 'vitest';
import { buildIndex, loadIndex } from '../../../functions/support/knowledge.ts';

const sections = [
  {
    file: 'docs/a.md',
    heading: 'Retries',
    text: 'Step Functions owns them. Backoff is exponential.',
  },
  {
    file: 'docs/a.md',
    heading: 'Words',
    text: '| word | meaning |\n|---|---|\n| fence | a number |',
  },
  {
    file: 'README.md',
    heading: 'Try it',
    text: 'A fence may be mentioned, and retrying too, in many words.',
  },
];
const search = loadIndex(buildIndex(sections));

describe('the knowledge index', () => {
  test('gives the same bytes for the same sections', () => {
    expect(buildIndex(sections)).toBe(buildIndex([...sections]));
  });

  test('ranks the section that is headed by the word first', () => {
    expect(search('How are steps retried?', 5)[0]?.heading).toBe('Retries');
  });

  test('ranks the table that defines a word before a mention of it', () => {
    expect(search('What is a fence?', 5).map(({ heading }) => heading)).toEqual([
      'Words',
      'Try it',
    ]);
  });

  test('finds words between marks', () => {
    const marked = loadIndex(
      buildIndex([{ file: 'a.md', heading: '', text: 'Use `ctx.effect`.' }]),
    );
    expect(marked('effect', 1)).toHaveLength(1);
  });

  test('numbers passages by rank and keeps to the limit', () => {
    expect(search('fence', 1)).toEqual([
      { id: 'p1', file: 'docs/a.md', heading: 'Words', text: sections[1]?.text },
    ]);
  });

  test.each(['', '???', 'what is it', 'weather'])('finds nothing for %j', (query) => {
    expect(search(query, 5)).toEqual([]);
  });
});

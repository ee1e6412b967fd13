import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { splitDocument } from '../../../functions/support/passages.ts';

const MAX_CHARACTERS = 1500;
const sentence = 'A task has one owner, a retry policy and a deadline. ';

describe('splitDocument', () => {
  test('makes one passage per heading, headed by its path without the title', () => {
    const passages = splitDocument(
      'docs/a.md',
      '# Title\n\nIntro.\n\n## Part\n\nOne.\n\n### Detail\n\nTwo.\n\n## Other\n\nThree.',
    );
    expect(passages).toEqual([
      { file: 'docs/a.md', heading: 'Title', text: 'Intro.' },
      { file: 'docs/a.md', heading: 'Part', text: 'One.' },
      { file: 'docs/a.md', heading: 'Part › Detail', text: 'Two.' },
      { file: 'docs/a.md', heading: 'Other', text: 'Three.' },
    ]);
  });

  test('takes marks out of headings', () => {
    expect(splitDocument('a.md', '# T\n\n## The `ctx` **object**\n\nText.')[0]?.heading).toBe(
      'The ctx object',
    );
  });

  test('leaves out pictures, HTML and empty sections', () => {
    const passages = splitDocument(
      'a.md',
      '# T\n\n<img src="x">\n\n```\nA ──▶ B\n```\n\n```mermaid\na-->b\n```\n\n## Empty\n\n## Text\n\n```sh\nnpm test\n```',
    );
    expect(passages).toEqual([{ file: 'a.md', heading: 'Text', text: '```sh\nnpm test\n```' }]);
  });

  test('repeats the header of a table that is cut', () => {
    const rows = Array.from({ length: 40 }, (_, i) => `| word ${i} | ${sentence}|`);
    const passages = splitDocument('a.md', `# T\n\n| a | b |\n|---|---|\n${rows.join('\n')}`);
    expect(passages.length).toBeGreaterThan(1);
    for (const { text } of passages) expect(text).toMatch(/^\| a \| b \|\n\|---\|---\|\n\| word/);
    for (const row of rows) expect(passages.some(({ text }) => text.includes(row))).toBe(true);
  });

  test('joins a short rest to the piece before it', () => {
    const passages = splitDocument('a.md', `# T\n\n${sentence.repeat(18)}\n\nThe end.`);
    expect(passages).toHaveLength(1);
  });

  test('K2: no passage is longer than 1500 characters, whatever the document', () => {
    const words = fc.array(
      fc.constantFrom('word', '| a | b |', '|---|---|', '- item', '1. x', '`c`'),
      {
        maxLength: 600,
      },
    );
    fc.assert(
      fc.property(words, fc.constantFrom('\n', ' ', '\n\n', ''), (parts, glue) => {
        for (const { text } of splitDocument('a.md', `# T\n\n${parts.join(glue)}`)) {
          expect(text.length).toBeLessThanOrEqual(MAX_CHARACTERS);
          expect(text.trim()).not.toBe('');
        }
      }),
    );
  });

  test('K3: every word of a text is in a passage', () => {
    const paragraphs = fc.array(fc.array(fc.stringMatching(/^[a-z]{2,9}$/), { minLength: 1 }), {
      minLength: 1,
      maxLength: 60,
    });
    fc.assert(
      fc.property(paragraphs, (given) => {
        const markdown = given.map((words) => `${words.join(' ')}.`).join('\n\n');
        const kept = splitDocument('a.md', markdown)
          .map(({ text }) => text)
          .join(' ');
        for (const word of given.flat()) expect(kept).toContain(word);
      }),
    );
  });
});

/**
 * Cuts Markdown into statements: what an extractive answer is made of.
 *
 * Boundary: pure. A statement is a sentence, a list item, a table row or a line of shell.
 */

export function statementsOf(markdown: string): readonly string[] {
  // Every second piece stands between fences.
  const pieces = markdown.split(/^\s*```/m);
  return pieces
    .flatMap((piece, i) => (i % 2 === 0 ? textStatements(piece) : codeStatements(piece)))
    .map(plain)
    .filter((text) => text !== '');
}

function textStatements(text: string): readonly string[] {
  const statements: string[] = [];
  let paragraph: string[] = [];
  const endParagraph = () => {
    statements.push(...sentencesOf(paragraph.join(' ')));
    paragraph = [];
  };
  for (const line of text.split('\n')) {
    const isRow = /^\s*\|/.test(line);
    if (isRow || BLOCK_START.test(line)) endParagraph();
    if (isRow) statements.push(...tableRow(line));
    else paragraph.push(line.trim().replace(/^(?:[-*]|\d+\.)\s+/, ''));
  }
  endParagraph();
  return withoutTableHeads(statements);
}

/** A list item or an empty line. */
const BLOCK_START = /^\s*(?:(?:[-*]|\d+\.)\s|$)/;

function codeStatements(code: string): readonly string[] {
  const [language = '', ...lines] = code.split('\n');
  return isShell(language.trim()) ? lines.flatMap(shellLine) : [];
}

const isShell = (language: string): boolean =>
  ['sh', 'bash', 'shell', 'console'].includes(language);

const shellLine = (line: string): readonly string[] => {
  const [command = '', comment] = line.split(/\s+#\s+/);
  if (command.trim() === '' || command.startsWith('#')) return [];
  return [`\`${command.trim()}\`${comment ? ` ${comment.trim()}.` : '.'}`];
};

const TABLE_RULE = '|-|';

function tableRow(line: string): readonly string[] {
  if (/^[\s|:-]+$/.test(line)) return [TABLE_RULE];
  const cells = line
    .trim()
    .replace(/^\||\|$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim())
    .filter((cell) => cell !== '');
  const [first = '', ...rest] = cells;
  return rest.length > 0
    ? [`${first}: ${ended(rest.map((cell) => cell.replace(/\.$/, '')).join('; '))}`]
    : [];
}

/** The row before a rule names the columns and states nothing. */
const withoutTableHeads = (statements: readonly string[]): readonly string[] =>
  statements.filter((statement, i) => statement !== TABLE_RULE && statements[i + 1] !== TABLE_RULE);

/** A full stop ends a sentence when a capital, a mark or nothing follows: not in `e.g.` or `step.run`. */
export const sentencesOf = (text: string): readonly string[] =>
  text
    .trim()
    .split(/(?<=[.!?][`)*"]*)\s+(?=[\p{Lu}`*"(])/u)
    .filter((sentence) => /\p{L}/u.test(sentence));

const ended = (text: string): string => (/[.!?:]$/.test(text) ? text : `${text}.`);

/** Without emphasis and link targets; code keeps its marks. */
const plain = (text: string): string =>
  text
    .replace(/\*\*([^*]+)\*\*/g, '$1')
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .trim();

/**
 * Splits a Markdown document into passages.
 *
 * Job: one passage per heading, cut further where a section is too long to read at once.
 * Boundary: pure; text in, passages out. `prepare.ts` reads the files, `knowledge.ts` indexes them.
 *
 * Invariants
 * K1. Every passage is under exactly one heading path, so a citation of it can be looked up.
 * K2. No passage is longer than `MAX_CHARACTERS`; one is cut inside a block only when the block alone is longer.
 * K3. Nothing that a reader would read is lost: only pictures, HTML and rules are left out.
 */
import { lexer, type Token, type Tokens } from 'marked';
import type { Citation } from './contracts.ts';

/** A passage before it has a handle. */
export interface Section extends Citation {
  readonly text: string;
}

const MAX_CHARACTERS = 1500;
/** Blocks are joined up to this length: about what one answer needs. */
const TARGET_CHARACTERS = 1000;
/** A rest shorter than this joins the piece before it even beyond the target: half a thought is no passage. */
const SHORT_CHARACTERS = 300;

/** @param file path from the project's root, as it is cited */
export function splitDocument(file: string, markdown: string): readonly Section[] {
  return sectionsOf(lexer(markdown)).flatMap(({ heading, blocks }) =>
    pack(blocks.flatMap(fit)).map((text) => ({ file, heading, text })),
  );
}

interface HeadedBlocks {
  readonly heading: string;
  readonly blocks: Token[];
}

function sectionsOf(tokens: readonly Token[]): readonly HeadedBlocks[] {
  const path: string[] = [];
  let current: HeadedBlocks = { heading: '', blocks: [] };
  const sections = [current];
  for (const token of tokens) {
    if (isHeading(token)) {
      path.length = Math.min(path.length, token.depth - 1);
      path[token.depth - 1] = plain(token.text);
      current = { heading: headingPath(path), blocks: [] };
      sections.push(current);
    } else if (isReadable(token)) {
      current.blocks.push(token);
    }
  }
  return sections;
}

const isHeading = (token: Token): token is Tokens.Heading => token.type === 'heading';

/** The document's title heads everything in it, so it only shows where nothing else does. */
function headingPath(path: readonly string[]): string {
  const [title = '', ...inner] = path;
  const below = inner.filter((heading) => heading !== undefined);
  return below.length > 0 ? below.join(' › ') : title;
}

const plain = (heading: string): string => heading.replace(/[`*]/g, '').trim();

const PICTURE = /[─│┌└▶◀▲▼]|──|-->/u;

function isReadable(token: Token): boolean {
  if (token.type === 'code') return token.lang !== 'mermaid' && !PICTURE.test(token.raw);
  return !['space', 'hr', 'html', 'def'].includes(token.type);
}

/** A block's text, in pieces when it is longer than a passage may be. */
function fit(block: Token): readonly string[] {
  const text = block.raw.trim();
  if (block.type === 'table' && text.length > TARGET_CHARACTERS) return fitTable(text);
  if (text.length <= MAX_CHARACTERS) return [text];
  return lines(text).flatMap(sentences);
}

/** Rows mean nothing without their header, so every piece repeats it. */
function fitTable(text: string): readonly string[] {
  const [header = '', rule = '', ...rows] = text.split('\n');
  const head = `${header}\n${rule}`;
  const room = MAX_CHARACTERS - head.length - 1;
  if (room < SHORT_CHARACTERS) return lines(text).flatMap(sentences);
  return pack(
    rows.flatMap((row) => cut(row, room)),
    '\n',
    room,
  ).map((piece) => `${head}\n${piece}`);
}

const lines = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '');

const sentences = (line: string): readonly string[] =>
  line.length <= MAX_CHARACTERS
    ? [line]
    : pack(line.split(/(?<=[.!?;])\s+/), ' ').flatMap((piece) => cut(piece, MAX_CHARACTERS));

const cut = (text: string, length: number): readonly string[] =>
  Array.from({ length: Math.ceil(text.length / length) }, (_, i) =>
    text.slice(i * length, (i + 1) * length),
  );

function pack(pieces: readonly string[], glue = '\n\n', max = MAX_CHARACTERS): readonly string[] {
  const packed: string[] = [];
  for (const [i, piece] of pieces.entries()) {
    const last = packed.at(-1);
    const isShortRest = i === pieces.length - 1 && piece.length < SHORT_CHARACTERS;
    const limit = isShortRest ? max : Math.min(max, TARGET_CHARACTERS);
    if (last !== undefined && last.length + glue.length + piece.length <= limit) {
      packed[packed.length - 1] = last + glue + piece;
    } else {
      packed.push(piece);
    }
  }
  return packed;
}

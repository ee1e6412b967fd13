import { cut } from '../draw/text.ts';
import type { Io } from '../io.ts';

const CLEAR_LINE = '\r\u001b[K';
/** Often enough to be seen to move. */
const AT_TERMINAL_MS = 100;
/** Often enough for a log. */
const ELSEWHERE_MS = 10_000;

/** A count that goes up, on stderr: one line drawn over at a terminal, otherwise a line now and then. */
export class CountLine {
  readonly #io: Io;
  readonly #everyMs: number;
  #shownAtMs: number;
  #text = '';

  constructor(io: Io) {
    this.#io = io;
    this.#everyMs = io.isTerminal ? AT_TERMINAL_MS : ELSEWHERE_MS;
    this.#shownAtMs = io.now();
  }

  show(text: string): void {
    this.#text = text;
    const now = this.#io.now();
    if (now - this.#shownAtMs < this.#everyMs) return;
    this.#shownAtMs = now;
    this.#write();
  }

  /** Leaves the last count standing. */
  end(): void {
    if (this.#text === '') return;
    this.#write();
    if (this.#io.isTerminal) this.#io.err('\n');
  }

  #write(): void {
    const { isTerminal, width } = this.#io;
    this.#io.err(isTerminal ? `${CLEAR_LINE}${cut(this.#text, width - 1)}` : `${this.#text}\n`);
  }
}

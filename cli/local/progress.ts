import type { Report } from '../../localstack/report.ts';
import type { Io } from '../io.ts';

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const FRAME_MS = 100;
const CLEAR_LINE = '\r\u001b[K';

/**
 * Says on stderr what is being done: a spinner with the seconds at a terminal, otherwise a line as
 * each thing begins. Standard output stays free for the result.
 */
export class Progress {
  readonly report: Report;
  readonly #io: Io;
  #current: { readonly what: string; readonly since: number } | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(io: Io) {
    this.#io = io;
    this.report = io.isTerminal ? (what) => this.#spin(what) : (what) => io.err(`${what}\n`);
  }

  /** The last thing reported is done, or has failed. */
  end(mark: '✓' | '✗' = '✓'): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    if (this.#current === null) return;
    const color = mark === '✓' ? 'green' : 'red';
    this.#io.err(`${CLEAR_LINE}${this.#io.errorPaint(color, mark)} ${this.#line(this.#current)}\n`);
    this.#current = null;
  }

  #spin(what: string): void {
    this.end();
    this.#current = { what, since: this.#io.now() };
    this.#timer = setInterval(() => this.#draw(), FRAME_MS);
    this.#draw();
  }

  #draw(): void {
    if (this.#current === null) return;
    const frame = Math.floor((this.#io.now() - this.#current.since) / FRAME_MS) % FRAMES.length;
    this.#io.err(`${CLEAR_LINE}${FRAMES[frame]} ${this.#line(this.#current)}`);
  }

  #line({ what, since }: { readonly what: string; readonly since: number }): string {
    const seconds = ((this.#io.now() - since) / 1000).toFixed(1);
    return `${what} ${this.#io.errorPaint('dim', `${seconds} s`)}`;
  }
}

import type { RunView } from '#runtime/contracts/api.ts';
import { runPicture } from '../draw/run.ts';
import { cut } from '../draw/text.ts';
import type { Io } from '../io.ts';
import { LiveRegion } from '../live-region.ts';
import { printLines } from '../runs/print.ts';

const TICK_MS = 250;
const SECONDS_BETWEEN_LINES = 10;

/** A run that waits, with the seconds until something can happen: drawn over at a terminal, else now and then a line. */
export class Countdown {
  readonly #io: Io;
  readonly #region: LiveRegion;
  readonly #untilMs: number;
  readonly #timer: NodeJS.Timeout;
  #run: RunView | null = null;
  #toldAt: number;

  constructor(io: Io, untilMs: number) {
    this.#io = io;
    this.#region = new LiveRegion(io.out);
    this.#untilMs = untilMs;
    this.#toldAt = this.#secondsLeft();
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    if (!io.isTerminal) printLines(io, [this.#line()]);
  }

  /** The run as it is now. */
  update(run: RunView): void {
    this.#run = run;
    this.#tick();
  }

  stop(): void {
    clearInterval(this.#timer);
    if (this.#run === null) return;
    const picture = runPicture(this.#run, this.#io);
    if (this.#io.isTerminal) this.#region.draw(picture);
    else printLines(this.#io, picture);
  }

  #tick(): void {
    if (this.#io.isTerminal) {
      const picture = this.#run === null ? [] : runPicture(this.#run, this.#io);
      this.#region.draw([...picture, cut(this.#line(), this.#io.width)]);
    } else if (this.#toldAt - this.#secondsLeft() >= SECONDS_BETWEEN_LINES) {
      this.#toldAt = this.#secondsLeft();
      printLines(this.#io, [this.#line()]);
    }
  }

  #secondsLeft(): number {
    return Math.max(0, Math.ceil((this.#untilMs - this.#io.now()) / 1000));
  }

  #line(): string {
    const seconds = this.#secondsLeft();
    return seconds > 0
      ? `   ${seconds} s until the queue hands the task to another worker`
      : '   the queue hands the task to another worker';
  }
}

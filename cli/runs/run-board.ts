import type { RunView } from '#runtime/contracts/api.ts';
import { runPicture, sentenceLines } from '../draw/run.ts';
import { changedSteps, later, nameWidth, stepLine } from '../draw/steps.ts';
import { cut } from '../draw/text.ts';
import type { Io } from '../io.ts';
import { LiveRegion } from '../live-region.ts';
import { printLines } from './print.ts';

const TICK_MS = 200;
const BETWEEN_NOTES_MS = 10_000;

/**
 * Shows a run as it goes: at a terminal its steps with running clocks, drawn over; elsewhere a line
 * for every change. A note stands below, or is repeated now and then.
 */
export class RunBoard {
  readonly #io: Io;
  readonly #note: (() => string) | undefined;
  readonly #region: LiveRegion;
  readonly #timer: NodeJS.Timeout;
  #run: RunView | null = null;
  #shownAt: number;
  #notedAt: number;

  constructor(io: Io, note?: () => string) {
    this.#io = io;
    this.#note = note;
    this.#region = new LiveRegion(io.out);
    this.#shownAt = io.now();
    this.#notedAt = this.#shownAt - BETWEEN_NOTES_MS;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  /** The run as it is now. */
  show(run: RunView): void {
    if (!this.#io.isTerminal) this.#printChanges(this.#run?.steps ?? [], run);
    this.#run = run;
    this.#shownAt = this.#io.now();
    this.#tick();
  }

  /** Nothing moves any more; the last state stays on the screen. */
  end(): void {
    clearInterval(this.#timer);
    if (this.#run === null) return;
    if (this.#io.isTerminal) this.#region.draw(runPicture(this.#run, this.#io));
    else printLines(this.#io, sentenceLines(this.#run, this.#io));
  }

  #tick(): void {
    if (this.#io.isTerminal) this.#draw();
    else if (this.#note && this.#io.now() - this.#notedAt >= BETWEEN_NOTES_MS) {
      this.#notedAt = this.#io.now();
      printLines(this.#io, [this.#note()]);
    }
  }

  #draw(): void {
    const run = this.#run;
    const passed = this.#io.now() - this.#shownAt;
    const picture =
      run === null ? [] : runPicture({ ...run, steps: later(run.steps, passed) }, this.#io);
    const note = this.#note ? [cut(this.#note(), this.#io.width)] : [];
    this.#region.draw([...picture, ...note]);
  }

  #printChanges(before: RunView['steps'], run: RunView): void {
    const { width, paint } = this.#io;
    const options = { width, paint, names: nameWidth(run.steps), isLive: false };
    const changed = changedSteps(before, run.steps);
    printLines(
      this.#io,
      changed.map((step) => stepLine(step, options)),
    );
  }
}

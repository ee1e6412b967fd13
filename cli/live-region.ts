const UP_AND_CLEAR = (lines: number): string =>
  `${lines === 0 ? '' : `\u001b[${lines}A`}\r\u001b[J`;

/**
 * A few lines at the bottom of a terminal that are drawn over, each time with what is true now.
 * No line may be wider than the terminal: a wrapped one would not be counted.
 */
export class LiveRegion {
  readonly #out: (text: string) => void;
  #drawn = 0;

  constructor(out: (text: string) => void) {
    this.#out = out;
  }

  draw(lines: readonly string[]): void {
    this.#out(UP_AND_CLEAR(this.#drawn) + lines.map((line) => `${line}\n`).join(''));
    this.#drawn = lines.length;
  }
}

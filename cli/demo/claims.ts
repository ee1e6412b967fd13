import type { Paint } from '../draw/paint.ts';

interface Claim {
  readonly what: string;
  readonly holds: boolean;
  /** What was found instead; shown when it does not hold. */
  readonly got: string;
}

/** What the demo says that it shows, each with whether it was so. */
export class Claims {
  readonly #claims: Claim[] = [];

  check(what: string, holds: boolean, got: string): void {
    this.#claims.push({ what, holds, got });
  }

  /** At least one was checked, and all hold. */
  get hold(): boolean {
    return this.#claims.length > 0 && this.#claims.every(({ holds }) => holds);
  }

  lines(paint: Paint): string[] {
    return this.#claims.map(({ what, holds, got }) =>
      holds ? `${paint('green', '✓')} ${what}` : `${paint('red', '✗')} ${what}; found: ${got}`,
    );
  }
}

/** What a test has made, removed when it ends: the last one first. */
export class Cleanup {
  readonly #steps: { readonly what: string; readonly remove: () => Promise<unknown> }[] = [];

  add(what: string, remove: () => Promise<unknown>): void {
    this.#steps.push({ what, remove });
  }

  /** Says what it could not remove: on AWS it costs money. A test may have removed it itself. */
  async run(): Promise<void> {
    for (const { what, remove } of this.#steps.splice(0).reverse()) {
      await remove().catch((error: unknown) => {
        if (!isGone(error)) console.warn(`left behind: ${what} (${error})`);
      });
    }
  }
}

const isGone = (error: unknown): boolean =>
  error instanceof Error && /NotFound|NoSuch|NonExistent|DoesNotExist/.test(error.name);

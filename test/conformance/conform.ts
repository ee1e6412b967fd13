import { afterAll, beforeAll, describe, inject } from 'vitest';

/** Something that has the port under test, and what a test needs to look behind it. */
export interface Subject<P> {
  setup(): Promise<P>;
  teardown(): Promise<void>;
}

/** A subject without anything to clean up. */
export const inMemory = <P>(make: () => P): Subject<P> => ({
  setup: async () => make(),
  teardown: async () => {},
});

/**
 * Runs a suite on memory and on the local cloud. Without a cloud its half is skipped, by name.
 * The suite is handed a function, because its subject exists only once the tests run.
 */
export function conform<P>(
  port: string,
  suite: (subject: () => P) => void,
  subjects: { readonly memory: Subject<P>; readonly cloud: (endpoint: string) => Subject<P> },
): void {
  const endpoint = inject('endpoint');
  describe(`${port} in memory`, () => suite(prepared(subjects.memory)));
  describe.skipIf(endpoint === null)(`${port} on the local cloud`, () =>
    suite(prepared(subjects.cloud(endpoint ?? ''))),
  );
}

function prepared<P>(subject: Subject<P>): () => P {
  let made: { readonly port: P } | null = null;
  beforeAll(async () => {
    made = { port: await subject.setup() };
  });
  afterAll(() => subject.teardown());
  return () => {
    if (made === null) throw new TypeError('the subject is used before its setup has ended');
    return made.port;
  };
}

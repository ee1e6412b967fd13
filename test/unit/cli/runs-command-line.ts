import type { Io } from '../../../cli/io.ts';
import { registerRuns } from '../../../cli/runs/register-runs.ts';
import { commandLine } from './command-line.ts';
import type { Answer, Received } from './fake-api.ts';
import { event } from './fixtures.ts';

/** The end of a run, as the last of its events. */
export const lastPage = {
  events: [event('signalbox.run.succeeded', { data: { durationMs: 1_500 } })],
  next: 'p1',
  more: false,
};

/** `signalbox runs …`, to a terminal of 100 columns. */
export const signalbox = (
  argv: readonly string[],
  answer: (request: Received) => Answer,
  over: Partial<Io> = {},
) =>
  commandLine([registerRuns], argv, answer, {
    width: 100,
    readStdin: async () => '{"query":"from stdin"}',
    now: () => Date.parse('2026-11-24T12:00:00.000Z'),
    ...over,
  });

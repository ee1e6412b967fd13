import type { SignalboxClient } from '#runtime/client/client.ts';
import type { RunView } from '#runtime/contracts/api.ts';
import { resultLines } from '../draw/run.ts';
import { EXIT } from '../errors.ts';
import type { Io } from '../io.ts';
import { endOf, watchRun } from './follow.ts';
import { printJson, printLines } from './print.ts';

export interface BegunOptions {
  readonly json?: boolean;
  readonly wait?: boolean;
}

/**
 * Says that a run has begun, or waits for its end and says that.
 * @param next what else there is to do with it, beside watching it
 */
export async function tellBegun(
  client: SignalboxClient,
  run: RunView,
  { json, wait }: BegunOptions,
  io: Io,
  next: readonly string[] = [],
): Promise<void> {
  if (!wait) {
    if (json) return printJson(io, run);
    const generation = run.gen === 0 ? '' : `, generation ${run.gen}`;
    return printLines(io, [
      `run ${io.paint('bold', run.id)} ${run.status}${generation}`,
      ...[`npx signalbox watch ${run.id}`, ...next].map((line) => io.paint('dim', line)),
    ]);
  }
  const ended = await (json ? endOf(client, run.id) : watchRun(client, run.id, io));
  if (json) printJson(io, ended);
  else
    printLines(io, [
      ...resultLines(ended, io.paint),
      ...[`npx signalbox trace ${run.id}`, ...next].map((line) => io.paint('dim', line)),
    ]);
  setExitCodeOf(ended, io);
}

/** A run that did not succeed makes the command fail. */
export function setExitCodeOf(run: Pick<RunView, 'status'>, io: Io): void {
  if (run.status !== 'succeeded') io.setExitCode(EXIT.failed);
}

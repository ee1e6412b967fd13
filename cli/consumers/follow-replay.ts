import { setTimeout } from 'node:timers/promises';
import type { SignalboxClient } from '#runtime/client/client.ts';
import type { ReplayView } from '#runtime/contracts/api.ts';
import { replayLine, replayOutcome } from '../draw/replay.ts';
import { EXIT } from '../errors.ts';
import type { Io } from '../io.ts';
import { printJson, printLines } from '../runs/print.ts';

const EVERY_MS = 1000;
/** A replay keeps its progress every second or so; one that has kept none for so long has lost its message. */
const STANDS_STILL_MS = 10 * 60_000;

/**
 * Shows how far a replay has come until it is done; it goes on by itself when nobody looks. Exits with 1 when
 * events could not be handled, or a rebuilt table differs.
 */
export async function followReplay(
  client: Pick<SignalboxClient, 'replay'>,
  started: ReplayView,
  io: Io,
  { json, everyMs = EVERY_MS }: { readonly json: boolean; readonly everyMs?: number },
): Promise<void> {
  const { consumer, id } = started;
  io.err(`Replay ${id} of the ${consumer} has begun; it goes on when this command ends.\n`);
  let said = '';
  let replay = started;
  while (replay.state !== 'done') {
    const line = replayLine(replay);
    if (line !== said) io.err(`${line}\n`);
    said = line;
    if (io.now() - Date.parse(replay.changedAt) > STANDS_STILL_MS) {
      io.err(
        `It stands still: signalbox consumers replay ${consumer} --go-on ${id} sets it going.\n`,
      );
      break;
    }
    await setTimeout(everyMs);
    replay = await client.replay(consumer, id);
  }
  if (json) printJson(io, replay);
  else printLines(io, replayOutcome(replay, io));
  const isBad = replay.counts.failed > 0 || (replay.comparison?.different ?? 0) > 0;
  if (isBad || replay.state !== 'done') io.setExitCode(EXIT.failed);
}

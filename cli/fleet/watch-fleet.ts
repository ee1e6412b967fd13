import { setTimeout } from 'node:timers/promises';
import type { SignalboxClient } from '#runtime/client/client.ts';
import type { FleetView } from '#runtime/contracts/fleet.ts';
import { fleetPicture } from '../draw/fleet.ts';
import { clockTime } from '../draw/instant.ts';
import { clean } from '../draw/text.ts';
import type { Io } from '../io.ts';
import { LiveRegion } from '../live-region.ts';
import { printJsonLine, printLines } from '../runs/print.ts';

/** Figures are some seconds old anyway, and each look costs the API a handful of reads. */
const EVERY_MS = 2000;

/**
 * Shows the fleet again and again, until the process or the API ends: at a terminal drawn over, elsewhere a
 * line whenever the sentence changes, as JSON a line each time.
 */
export async function watchFleet(
  client: Pick<SignalboxClient, 'fleet'>,
  io: Io,
  { json, everyMs = EVERY_MS }: { readonly json: boolean; readonly everyMs?: number },
): Promise<never> {
  const show = json ? (fleet: FleetView) => printJsonLine(io, fleet) : board(io);
  for (;;) {
    show(await client.fleet());
    await setTimeout(everyMs);
  }
}

function board(io: Io): (fleet: FleetView) => void {
  if (io.isTerminal) {
    const region = new LiveRegion(io.out);
    return (fleet) => region.draw(fleetPicture(fleet, io));
  }
  let said = '';
  return (fleet) => {
    if (fleet.sentence === said) return;
    said = fleet.sentence;
    printLines(io, [`${clockTime(fleet.at).slice(0, 8)} ${clean(said)}`]);
  };
}

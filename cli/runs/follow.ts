import type { SignalboxClient } from '#runtime/client/client.ts';
import type { RunView } from '#runtime/contracts/api.ts';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import { isTerminal } from '#runtime/contracts/status.ts';
import { runPicture } from '../draw/run.ts';
import { changedSteps, nameWidth, stepLine } from '../draw/steps.ts';
import type { Io } from '../io.ts';
import { LiveRegion } from '../live-region.ts';
import { printJsonLine, printLines } from './print.ts';

/** How long one request may wait for the next event; the API's own limit. */
const WAIT_SECONDS = 20;

/** What following a run asks of the API. */
export type RunReader = Pick<SignalboxClient, 'run' | 'events'>;

/**
 * The events of a run, page by page. Following goes on until the run has ended: it waits for
 * further events, and gives an empty page when none came for a while.
 */
export async function* pages(
  client: RunReader,
  id: string,
  { follow: following }: { readonly follow: boolean },
): AsyncGenerator<readonly SignalboxEvent[], void> {
  let after: string | undefined;
  for (;;) {
    const waitSeconds = following && after !== undefined ? WAIT_SECONDS : undefined;
    const page = await client.events(id, {
      ...(after !== undefined && { after }),
      ...(waitSeconds !== undefined && { waitSeconds }),
    });
    yield page.events;
    if (!page.more && (!following || page.events.some(endsRun))) return;
    after = page.next;
  }
}

const endsRun = ({ type }: SignalboxEvent): boolean =>
  /^signalbox\.run\.(succeeded|failed|expired|stopped)$/.test(type);

/** A run as it goes: once now, and again whenever something happened, until it has ended. */
export async function* follow(client: RunReader, id: string): AsyncGenerator<RunView, void> {
  for await (const _page of pages(client, id, { follow: true })) {
    const run = await client.run(id);
    yield run;
    if (isTerminal(run.status)) return;
  }
}

/** Shows a run live until it has ended, and returns its end. */
export function watchRun(
  client: RunReader,
  id: string,
  io: Io,
  mode: 'people' | 'json',
): Promise<RunView> {
  const show = mode === 'json' ? jsonLines(io) : io.isTerminal ? redrawn(io) : plainLines(io);
  return endOf(client, id, show);
}

/** The run when it has ended; `show` sees it whenever something happened until then. */
export async function endOf(client: RunReader, id: string, show?: Show): Promise<RunView> {
  for await (const run of follow(client, id)) {
    show?.(run);
    if (isTerminal(run.status)) return run;
  }
  return client.run(id);
}

type Show = (run: RunView) => void;

function redrawn(io: Io): Show {
  const region = new LiveRegion(io.out);
  return (run) => region.draw(runPicture(run, io));
}

function plainLines(io: Io): Show {
  let told: RunView['steps'] = [];
  return (run) => {
    const names = nameWidth(run.steps);
    const changed = changedSteps(told, run.steps);
    printLines(
      io,
      changed.map((step) => stepLine(step, { names, width: io.width, paint: io.paint })),
    );
    told = run.steps;
    if (isTerminal(run.status)) printLines(io, runPicture(run, io).slice(-1));
  };
}

function jsonLines(io: Io): Show {
  let told: RunView['steps'] = [];
  return (run) => {
    for (const step of changedSteps(told, run.steps)) printJsonLine(io, { run: run.id, step });
    told = run.steps;
    if (isTerminal(run.status)) printJsonLine(io, run);
  };
}

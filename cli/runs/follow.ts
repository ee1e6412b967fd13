import type { SignalboxClient } from '#runtime/client/client.ts';
import type { RunView } from '#runtime/contracts/api.ts';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import { isTerminal } from '#runtime/contracts/status.ts';
import { changedSteps } from '../draw/steps.ts';
import type { Io } from '../io.ts';
import { printJsonLine } from './print.ts';
import { RunBoard } from './run-board.ts';

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
  let sawEnd = false;
  for (;;) {
    const waitSeconds = following && after !== undefined ? WAIT_SECONDS : undefined;
    const page = await client.events(id, {
      ...(after !== undefined && { after }),
      ...(waitSeconds !== undefined && { waitSeconds }),
    });
    yield page.events;
    sawEnd ||= page.events.some(endsRun);
    if (!page.more && (!following || (sawEnd && (await hasEnded(client, id))))) return;
    after = page.next;
  }
}

/** Another generation may have followed the one that has ended. */
const hasEnded = async (client: RunReader, id: string): Promise<boolean> =>
  isTerminal((await client.run(id)).status);

const endsRun = ({ type }: SignalboxEvent): boolean =>
  /^signalbox\.run\.(succeeded|failed|expired|stopped)$/.test(type);

/** A run as it goes: once now, and again whenever something happened, until it has ended. */
async function* follow(client: RunReader, id: string): AsyncGenerator<RunView, void> {
  for await (const _page of pages(client, id, { follow: true })) {
    const run = await client.run(id);
    yield run;
    if (isTerminal(run.status)) return;
  }
}

/** The run when it has ended; `show` sees it whenever something happened until then. */
export async function endOf(
  client: RunReader,
  id: string,
  show?: (run: RunView) => void,
): Promise<RunView> {
  for await (const run of follow(client, id)) {
    show?.(run);
    if (isTerminal(run.status)) return run;
  }
  // It ended between the last look at it and the end of its events.
  const ended = await client.run(id);
  show?.(ended);
  return ended;
}

/** Shows a run live until it has ended, and returns its end. */
export async function watchRun(
  client: RunReader,
  id: string,
  io: Io,
  note?: () => string,
): Promise<RunView> {
  const board = new RunBoard(io, note);
  try {
    return await endOf(client, id, (run) => board.show(run));
  } finally {
    board.end();
  }
}

/** The changes of a run as JSON lines until it has ended, the run itself last. */
export async function watchRunAsJson(client: RunReader, id: string, io: Io): Promise<RunView> {
  let told: RunView['steps'] = [];
  const ended = await endOf(client, id, (run) => {
    for (const step of changedSteps(told, run.steps)) printJsonLine(io, { run: run.id, step });
    told = run.steps;
  });
  printJsonLine(io, ended);
  return ended;
}

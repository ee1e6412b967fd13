/** What a demo is played on: a local cloud of its own, taken down whatever happens. */
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { SignalboxClient } from '#runtime/client/client.ts';
import { durationText } from '#runtime/contracts/duration-text.ts';
import { CliError, EXIT, renderError, usageError } from '../errors.ts';
import { type Io, processIo } from '../io.ts';
import { untilInterrupted } from '../local/interrupt.ts';
import { asCliError, interrupted } from '../local/local-errors.ts';
import { cacheFolderOf } from '../local/local-state.ts';
import { Progress } from '../local/progress.ts';
import { type RunningLocal, startLocal } from '../local/start-local.ts';
import { printLines } from '../runs/print.ts';
import { Claims } from './claims.ts';
import type { Theatre } from './theatre.ts';

const EXIT_INTERRUPTED = 130;
const project = fileURLToPath(new URL('../..', import.meta.url));

export interface Demo {
  /** How it is called, like `npm run demo`. */
  readonly command: string;
  /** Plays it and checks what it says. @returns what makes the document that `--json FILE` writes */
  readonly play: (theatre: Theatre) => Promise<(elapsedMs: number) => object>;
}

/**
 * Plays a demo and ends the process: with 0 only if everything that the demo says was so. Leaves nothing
 * running.
 */
export async function perform(demo: Demo): Promise<never> {
  process.exit(await exitCodeOf(demo, processIo()));
}

async function exitCodeOf(demo: Demo, io: Io): Promise<number> {
  const startedMs = io.now();
  const { signal } = untilInterrupted();
  // What still plays when the curtain falls is not seen.
  const stage: Io = { ...io, out: (text) => (signal.aborted ? undefined : io.out(text)) };
  let local: RunningLocal | null = null;
  try {
    const { json } = readArguments(demo);
    local = await raiseCurtain(stage, signal);
    const playing = play(demo, stage, local, { json, startedMs });
    return await Promise.race([playing, interruption(signal)]);
  } catch (error) {
    if (signal.aborted) return EXIT_INTERRUPTED;
    const said = asCliError(error);
    io.err(`${renderError(said, io.errorPaint)}\n`);
    return said instanceof CliError ? said.exitCode : EXIT.failed;
  } finally {
    if (local) await takeDown(io, local);
  }
}

/** Rejects when the signal aborts. */
const interruption = async (signal: AbortSignal): Promise<never> => {
  if (!signal.aborted) await once(signal, 'abort');
  throw interrupted();
};

function readArguments({ command }: Demo): { readonly json?: string } {
  try {
    return parseArgs({ options: { json: { type: 'string' } } }).values;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw usageError(message, `${command}, or ${command} -- --json FILE`);
  }
}

async function raiseCurtain(io: Io, signal: AbortSignal): Promise<RunningLocal> {
  printLines(io, [
    io.paint('bold', 'Signalbox'),
    io.paint('dim', 'a control plane for AI agents, here on a local cloud of its own'),
    '',
  ]);
  const progress = new Progress(io);
  try {
    // Workers are killed by their process ids, so a demo never uses another cloud.
    const { AWS_ENDPOINT_URL: _otherCloud, ...environment } = io.env;
    const local = await startLocal({
      project,
      stateFolder: null,
      workFolder: join(cacheFolderOf(project), 'demo'),
      environment,
      report: progress.report,
      signal,
    });
    progress.end();
    return local;
  } catch (error) {
    progress.end('✗');
    throw error;
  }
}

async function play(
  demo: Demo,
  io: Io,
  local: RunningLocal,
  { json, startedMs }: { readonly json?: string | undefined; readonly startedMs: number },
): Promise<number> {
  const claims = new Claims();
  const client = new SignalboxClient({ baseUrl: local.apiUrl });
  const documentOf = await demo.play({ io, client, local, claims, project });
  const elapsedMs = io.now() - startedMs;
  if (json !== undefined) {
    await writeFile(json, `${JSON.stringify(documentOf(elapsedMs), null, 2)}\n`);
  }
  printLines(io, [
    ...claims.lines(io.paint),
    '',
    io.paint('dim', `${durationText(elapsedMs)} in all`),
  ]);
  return claims.hold ? EXIT.ok : EXIT.failed;
}

async function takeDown(io: Io, local: RunningLocal): Promise<void> {
  await local.stop();
  io.err(io.errorPaint('dim', 'stopped all that was started\n'));
}

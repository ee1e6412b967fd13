/**
 * `npm run demo`: three acts on a local cloud of its own. Exits 0 only if everything that it says
 * was so; leaves nothing running.
 */
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
import { askQuestions } from './ask.ts';
import { breakWorker } from './break.ts';
import { Claims } from './claims.ts';
import { reportOf } from './report.ts';
import { tellWhatHappened } from './tell.ts';

const EXIT_INTERRUPTED = 130;
const project = fileURLToPath(new URL('../..', import.meta.url));

async function main(io: Io): Promise<number> {
  const startedMs = io.now();
  const { signal } = untilInterrupted();
  // What still plays when the curtain falls is not seen.
  const stage: Io = { ...io, out: (text) => (signal.aborted ? undefined : io.out(text)) };
  let local: RunningLocal | null = null;
  try {
    const { json } = readArguments();
    local = await raiseCurtain(stage, signal);
    return await Promise.race([play(stage, local, { json, startedMs }), interruption(signal)]);
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

function readArguments(): { readonly json?: string } {
  try {
    return parseArgs({ options: { json: { type: 'string' } } }).values;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw usageError(message, 'npm run demo, or npm run demo -- --json FILE');
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
    // The worker is killed by its process id, so the demo never uses another cloud.
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
  io: Io,
  local: RunningLocal,
  { json, startedMs }: { readonly json?: string | undefined; readonly startedMs: number },
): Promise<number> {
  const claims = new Claims();
  const client = new SignalboxClient({ baseUrl: local.apiUrl });
  const theatre = { io, client, local, claims, project };
  const answered = await askQuestions(theatre);
  const { told, broken } = await breakWorker(theatre);
  await tellWhatHappened(theatre, told);
  const elapsedMs = io.now() - startedMs;
  if (json !== undefined) {
    const report = reportOf([...answered, told], broken, elapsedMs);
    await writeFile(json, `${JSON.stringify(report, null, 2)}\n`);
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

process.exit(await main(processIo()));

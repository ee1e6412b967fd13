/**
 * `npm run demo:spike`: the same spike into a naive pipeline and a governed one, side by side, live.
 * Exits 1 when the governed one does not do half as well again.
 */
import { aside } from '../../../cli/demo/theatre.ts';
import { CliError, EXIT, renderError } from '../../../cli/errors.ts';
import { processIo } from '../../../cli/io.ts';
import { LiveRegion } from '../../../cli/live-region.ts';
import { untilInterrupted } from '../../../cli/local/interrupt.ts';
import { asCliError } from '../../../cli/local/local-errors.ts';
import { Progress } from '../../../cli/local/progress.ts';
import { printLines } from '../../../cli/runs/print.ts';
import { leadQualification } from '../../../functions/lead-qualification/contracts.ts';
import { runScenarios } from '../run.ts';
import { lengthOf, type Scenario } from '../scenarios.ts';
import type { Recording } from '../story.ts';
import type { Told } from '../told.ts';
import { closing, live } from './live.ts';

/** Short enough for a minute and a half with both deployments. */
const PHASES = { warmSeconds: 4, spikeSeconds: 46, coolSeconds: 2 };
/** In less than a minute a backlog only begins to do its harm. */
const LEAST_ADVANTAGE = 1.5;
const EXIT_INTERRUPTED = 130;
const ABOUT =
  'Leads to be qualified: once by a pipeline as it is written first, once by Signalbox; each on a local cloud of its own, with a provider of its own that takes twice the usual load.';

const io = processIo();
const { signal } = untilInterrupted();
const progress = new Progress(io);
const region = new LiveRegion(io.out);
let isPlaying = false;

process.exit(await main());

async function main(): Promise<number> {
  io.out(`${io.paint('bold', 'A spike')}\n`);
  for (const line of aside(io, ABOUT)) io.out(`${line}\n`);
  io.out('\n');
  try {
    return conclude(await playSpike());
  } catch (error) {
    progress.end('✗');
    if (signal.aborted) return EXIT_INTERRUPTED;
    const said = asCliError(error);
    io.err(`${renderError(said, io.errorPaint)}\n`);
    return said instanceof CliError ? said.exitCode : EXIT.failed;
  }
}

async function playSpike(): Promise<Told | undefined> {
  const [told] = await runScenarios({
    scenarios: ['spike'],
    scale: { quietPerSecond: 1, spikeSeconds: PHASES.spikeSeconds, outage: '503' },
    phases: PHASES,
    order: 'beside',
    settleSeconds: 0,
    seed: 1,
    report: (what) => {
      if (!isPlaying) progress.report(what);
    },
    onSecond: show,
    signal,
  });
  return told;
}

function conclude(told: Told | undefined): number {
  if (signal.aborted || !told?.naive) return EXIT_INTERRUPTED;
  const { naive, governed } = told;
  const advantage = governed.goodputShare / naive.goodputShare;
  const isMet = advantage >= LEAST_ADVANTAGE;
  const mark = isMet ? io.paint('green', '✓') : io.paint('red', '✗');
  const fewer = naive.callsPerUseful / governed.callsPerUseful;
  printLines(io, [
    ...['', ...closing(naive, governed, io), ''],
    `${mark} ${advantage.toFixed(1)} times as many answers in time in the spike, ${fewer.toFixed(0)} times fewer provider calls for each`,
  ]);
  return isMet ? EXIT.ok : EXIT.failed;
}

function show(scenario: Scenario, second: number, recordings: readonly Recording[]): void {
  const [naive, governed] = recordings;
  if (!naive || !governed) return;
  if (!isPlaying) progress.end();
  isPlaying = true;
  const { deadlineSeconds } = leadQualification;
  const lines = live({ ...{ scenario, second, naive, governed, deadlineSeconds } }, io);
  if (io.isTerminal) region.draw(lines);
  else if (Math.round(second) % 10 === 0 || second >= lengthOf(scenario)) {
    io.out(`${lines.join('\n')}\n\n`);
  }
}

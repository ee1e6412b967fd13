import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { type BegunOptions, tellBegun } from './begun.ts';
import { connect, type RunOptions, withRunOptions } from './connect.ts';
import { collect, readPatches } from './patches.ts';
import { warnOfTakenOver } from './taken-over.ts';

interface ForkOptions extends RunOptions, BegunOptions {
  readonly from?: string;
  readonly patch?: readonly string[];
  readonly liveEffects?: boolean;
  readonly idempotencyKey?: string;
}

export function addFork(parent: Command, io: Io): void {
  withForkOptions(parent.command('fork <run>'))
    .description('a new run that takes over what a run has done before a step')
    .requiredOption('--from <step>', 'the step from which on everything is done anew')
    .action((id: string, options: ForkOptions) => fork(id, options, io));
}

export function addRerun(parent: Command, io: Io): void {
  withForkOptions(parent.command('rerun <run>'))
    .description('a new run of the same input, from the start')
    .action((id: string, options: ForkOptions) => fork(id, options, io));
}

const withForkOptions = (command: Command): Command =>
  withRunOptions(command)
    .option('--patch <step=json>', 'another input for a step; repeat for more', collect)
    .option('--live-effects', 'perform effects that the run has not; refused otherwise')
    .option('--idempotency-key <key>', 'the same key and request give the same run')
    .option('--wait', 'wait for the end of the run and print its output');

async function fork(id: string, options: ForkOptions, io: Io): Promise<void> {
  const { from, patch = [], liveEffects, idempotencyKey } = options;
  const patches = await readPatches(patch, io);
  const client = await connect(options, io);
  const run = await client.forkRun(id, {
    patches,
    ...(from !== undefined && { from }),
    ...(liveEffects && { liveEffects }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
  });
  await warnOfTakenOver(client, id, Object.keys(patches), io);
  await tellBegun(client, run, options, io, [`npx signalbox runs diff ${id} ${run.id}`]);
}

import { type Command, Option } from 'commander';
import type { ReplayOptions } from '#runtime/client/operations.ts';
import { usageError } from '../errors.ts';
import type { Io } from '../io.ts';
import { numberOf } from '../number-of.ts';
import { connect, type RunOptions, withRunOptions } from '../runs/connect.ts';
import { printJson, printLines } from '../runs/print.ts';
import { followReplay } from './follow-replay.ts';

interface Options extends RunOptions, Omit<ReplayOptions, 'from' | 'signal'> {
  readonly from?: string;
  readonly lanes?: true;
  readonly goOn?: string;
}

/** What says which part of the past is meant, and how it is handled. */
const OF_THE_PAST = ['from', 'to', 'type', 'rule', 'rate', 'dryRun', 'effects'];

export function addReplay(parent: Command, io: Io): void {
  withRunOptions(parent.command('replay <consumer>'))
    .description('feed past events to the projector, the router or the exporter once more')
    .option('--from <time>', 'events from this instant on, like 2026-11-24T13:05:00Z')
    .option('--to <time>', 'events before this instant; otherwise until now')
    .option('--run <id>', 'events of this run only')
    .option('--type <type>', 'events of this type only')
    .option('--rule <name>', 'of the router: only this rule reacts')
    .option('--rate <count>', 'events per second at most, 1 to 1000; 100 if not given', numberOf)
    .option('--dry-run', 'count the events, handle none')
    .option(
      '--effects',
      'let reactions change the world outside; otherwise new effects are refused',
    )
    .addOption(
      new Option(
        '--lanes',
        'instead of the past: handle again what waits in lanes, of --run or of all',
      ).conflicts(OF_THE_PAST),
    )
    .addOption(
      new Option('--go-on <id>', 'set a replay going again that stands still').conflicts([
        ...OF_THE_PAST,
        'run',
        'lanes',
      ]),
    )
    .action((consumer: string, options: Options) => replay(consumer, options, io));
}

async function replay(consumer: string, options: Options, io: Io): Promise<void> {
  const { api, stage, json = false, lanes, goOn, from, ...order } = options;
  const client = await connect(
    { ...(api !== undefined && { api }), ...(stage !== undefined && { stage }) },
    io,
  );
  if (goOn !== undefined) {
    return followReplay(client, await client.goOnReplay(consumer, goOn), io, { json });
  }
  if (lanes) {
    const { run } = order;
    const drained = await client.drainLanes(consumer, run === undefined ? {} : { run });
    if (json) return printJson(io, drained);
    return printLines(io, [
      `the ${consumer} drains ${run === undefined ? 'its open lanes' : `the lane of run ${run}`}; signalbox consumers lag shows what is left`,
    ]);
  }
  if (from === undefined) {
    throw usageError(
      'from when on is not said',
      'Give --from TIME for the past, or --lanes for what was parked.',
    );
  }
  await followReplay(client, await client.startReplay(consumer, { from, ...order }), io, { json });
}

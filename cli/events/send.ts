import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { connect, type RunOptions, withRunOptions } from '../runs/connect.ts';
import { readJsonOption } from '../runs/input.ts';
import { printJson, printLines } from '../runs/print.ts';

interface SendOptions extends RunOptions {
  readonly data: string;
  readonly run?: string;
  readonly subscriptions?: string;
  readonly key?: string;
}

export function addSend(parent: Command, io: Io): void {
  withRunOptions(parent.command('send <type>'))
    .description('tell an event: to a run, or to a new run of the agents that react to it')
    .requiredOption('--data <json>', "the event's data as JSON, or @ and a file that holds them")
    .option('--run <run>', 'the run that hears of it (default: a new one)')
    .option('--subscriptions <name>', 'whose run it begins, where several take the event')
    .option('--key <key>', 'the same key and event are told once, however often they are sent')
    .action((type: string, options: SendOptions) => send(type, options, io));
}

async function send(type: string, options: SendOptions, io: Io): Promise<void> {
  const { run, subscriptions, key, json } = options;
  const data = await readJsonOption(options.data, '--data', io);
  const client = await connect(options, io);
  const accepted = await client.sendEvent({
    type,
    data,
    ...(run !== undefined && { run }),
    ...(subscriptions !== undefined && { subscriptions }),
    ...(key !== undefined && { idempotencyKey: key }),
  });
  if (json) printJson(io, accepted);
  else {
    printLines(io, [
      `${accepted.run}  ${run === undefined ? 'began with' : 'was told'} ${type}`,
      `see how it goes: signalbox runs watch ${accepted.run}`,
    ]);
  }
}

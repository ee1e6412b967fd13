import { type Command, Option } from 'commander';
import { eventTree } from '#runtime/client/event-tree.ts';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import { treeLines } from '../draw/event-tree.ts';
import { eventLine, subjectWidth } from '../draw/events.ts';
import type { Io } from '../io.ts';
import { connect, type RunOptions, withRunOptions } from './connect.ts';
import { pages, type RunReader } from './follow.ts';
import { printJson, printJsonLine, printLines } from './print.ts';

interface EventsOptions extends RunOptions {
  readonly follow?: boolean;
  readonly tree?: boolean;
}

export function addEvents(parent: Command, io: Io): void {
  withRunOptions(parent.command('events <run>'))
    .description('what happened in a run, in order')
    .option('--follow', 'wait for further events until the run ends')
    .addOption(new Option('--tree', 'each event below the one that caused it').conflicts('follow'))
    .action(async (id: string, options: EventsOptions) => {
      const client = await connect(options, io);
      if (options.tree) return printTree(await allEvents(client, id), options, io);
      for await (const page of pages(client, id, { follow: options.follow === true })) {
        if (options.json) for (const event of page) printJsonLine(io, event);
        else printLines(io, eventLines(page, io));
      }
    });
}

async function allEvents(client: RunReader, id: string): Promise<readonly SignalboxEvent[]> {
  const events: SignalboxEvent[] = [];
  for await (const page of pages(client, id, { follow: false })) events.push(...page);
  return events;
}

function printTree(events: readonly SignalboxEvent[], { json }: EventsOptions, io: Io): void {
  const tree = eventTree(events);
  if (json) printJson(io, tree);
  else printLines(io, treeLines(tree, io));
}

const eventLines = (events: readonly SignalboxEvent[], { width, paint }: Io): string[] => {
  const names = subjectWidth(events);
  return events.map((event) => eventLine(event, { width, paint, names }));
};

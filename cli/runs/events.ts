import type { Command } from 'commander';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import { eventLine, subjectWidth } from '../draw/events.ts';
import type { Io } from '../io.ts';
import { connect, type RunOptions, withRunOptions } from './connect.ts';
import { pages } from './follow.ts';
import { printJsonLine, printLines } from './print.ts';

interface EventsOptions extends RunOptions {
  readonly follow?: boolean;
}

export function addEvents(parent: Command, io: Io): void {
  withRunOptions(parent.command('events <run>'))
    .description('what happened in a run, in order')
    .option('--follow', 'wait for further events until the run ends')
    .action(async (id: string, options: EventsOptions) => {
      const client = await connect(options, io);
      for await (const page of pages(client, id, { follow: options.follow === true })) {
        if (options.json) for (const event of page) printJsonLine(io, event);
        else printLines(io, eventLines(page, io));
      }
    });
}

const eventLines = (events: readonly SignalboxEvent[], { width, paint }: Io): string[] => {
  const names = subjectWidth(events);
  return events.map((event) => eventLine(event, { width, paint, names }));
};

import type { Command } from 'commander';
import { letterTable } from '../draw/dead-letter.ts';
import type { Io } from '../io.ts';
import { connect, type RunOptions, withRunOptions } from '../runs/connect.ts';
import { pageSizeOf } from '../runs/page-size.ts';
import { printJson, printLines } from '../runs/print.ts';

interface ListOptions extends RunOptions {
  readonly limit?: number;
  readonly cursor?: string;
}

export function addList(parent: Command, io: Io): void {
  withRunOptions(parent.command('list'))
    .description('dead letters, newest first')
    .option('--limit <count>', 'letters on a page, 1 to 100', pageSizeOf)
    .option('--cursor <cursor>', 'the next page, as the last one named it')
    .action((options: ListOptions) => list(options, io));
}

async function list({ limit, cursor, ...options }: ListOptions, io: Io): Promise<void> {
  const client = await connect(options, io);
  const page = await client.deadLetters({
    ...(limit !== undefined && { limit }),
    ...(cursor !== undefined && { cursor }),
  });
  if (options.json) return printJson(io, page);
  const [newest] = page.letters;
  if (!newest) return printLines(io, ['no dead letters']);
  const next = [
    `npx signalbox dead-letters show ${newest.id}`,
    ...(page.next === undefined ? [] : [`more: --cursor ${page.next}`]),
  ];
  printLines(io, [...letterTable(page.letters, io), ...next.map((line) => io.paint('dim', line))]);
}

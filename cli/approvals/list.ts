import type { Command } from 'commander';
import type { SignalboxClient } from '#runtime/client/client.ts';
import { type Asked, askedIn, askedLines } from '../draw/approval.ts';
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
    .description('what waits for a decision, newest run first')
    .option('--limit <count>', 'waiting runs on a page, 1 to 100', pageSizeOf)
    .option('--cursor <cursor>', 'the next page, as the last one named it')
    .action((options: ListOptions) => list(options, io));
}

async function list({ json, limit, cursor, ...location }: ListOptions, io: Io): Promise<void> {
  const client = await connect(location, io);
  const { runs, next } = await client.listRuns({
    status: 'waiting',
    ...(limit !== undefined && { limit }),
    ...(cursor !== undefined && { cursor }),
  });
  const approvals = await askedBy(
    client,
    runs.map(({ id }) => id),
  );
  if (json) return printJson(io, { approvals, ...(next !== undefined && { next }) });
  if (approvals.length === 0) printLines(io, ['nothing waits for a decision']);
  printLines(io, askedLines(approvals, io));
  if (next !== undefined) printLines(io, [io.paint('dim', `more: --cursor ${next}`)]);
}

/** A run that waits may wait for events only; what it asks, its view tells. */
async function askedBy(client: SignalboxClient, runs: readonly string[]): Promise<Asked[]> {
  const asked: Asked[] = [];
  for (const id of runs) asked.push(...askedIn(await client.run(id)));
  return asked;
}

import { type Command, InvalidArgumentError, Option } from 'commander';
import { RUN_STATUSES, type RunStatus } from '#runtime/contracts/status.ts';
import { runTable } from '../draw/run.ts';
import type { Io } from '../io.ts';
import { connect, type RunOptions, withRunOptions } from './connect.ts';
import { pageSizeOf } from './page-size.ts';
import { printJson, printLines } from './print.ts';

interface ListOptions extends RunOptions {
  readonly workflow?: string;
  readonly status?: RunStatus;
  readonly tag?: { readonly key: string; readonly value: string };
  readonly from?: Date;
  readonly to?: Date;
  readonly limit?: number;
  readonly cursor?: string;
}

export function addList(parent: Command, io: Io): void {
  withRunOptions(parent.command('list'))
    .description('runs, newest first')
    .option('--workflow <name>', 'runs of this workflow')
    .addOption(new Option('--status <status>', 'runs in this status').choices(RUN_STATUSES))
    .option('--tag <key:value>', 'runs with this tag', tagOf)
    .option('--from <instant>', 'accepted at or after, like 2026-11-24T13:00:00Z', instantOf)
    .option('--to <instant>', 'accepted before', instantOf)
    .option('--limit <count>', 'runs on a page, 1 to 100', pageSizeOf)
    .option('--cursor <cursor>', 'the next page, as the last one named it')
    .action((options: ListOptions) => list(options, io));
}

async function list(options: ListOptions, io: Io): Promise<void> {
  const { api: _api, stage: _stage, json, ...query } = options;
  const client = await connect(options, io);
  const page = await client.listRuns(query);
  if (json) return printJson(io, page);
  if (page.runs.length === 0) return printLines(io, ['no runs']);
  printLines(io, runTable(page.runs, io));
  if (page.next !== undefined) printLines(io, [io.paint('dim', `more: --cursor ${page.next}`)]);
}

function tagOf(text: string): { key: string; value: string } {
  const colon = text.indexOf(':');
  if (colon < 1) throw new InvalidArgumentError('Allowed: key:value, like customer:c-1.');
  return { key: text.slice(0, colon), value: text.slice(colon + 1) };
}

function instantOf(text: string): Date {
  const instant = new Date(text);
  if (!/^\d{4}-\d\d-\d\d/.test(text) || Number.isNaN(instant.getTime())) {
    throw new InvalidArgumentError('Allowed: ISO 8601, like 2026-11-24T13:00:00Z.');
  }
  return instant;
}

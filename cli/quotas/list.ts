import type { Command } from 'commander';
import { quotaTable } from '../draw/quota.ts';
import type { Io } from '../io.ts';
import { connect, type RunOptions, withRunOptions } from '../runs/connect.ts';
import { printJson, printLines } from '../runs/print.ts';

export function addList(parent: Command, io: Io): void {
  withRunOptions(parent.command('list'))
    .description('quotas: what they let through, and who waits in their lines')
    .action(async (options: RunOptions) => {
      const list = await (await connect(options, io)).quotas();
      if (options.json) return printJson(io, list);
      printLines(io, list.quotas.length === 0 ? ['no quotas'] : quotaTable(list.quotas, io));
    });
}

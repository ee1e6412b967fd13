import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { decidedLine } from '../draw/approval.ts';
import type { Io } from '../io.ts';
import { connect, type RunOptions, withRunOptions } from './connect.ts';
import { printJson, printLines } from './print.ts';

interface DecideOptions extends RunOptions {
  readonly note?: string;
  readonly by?: string;
}

/** The two answers that most approvals take, by name. */
export function addApprove(parent: Command, io: Io): void {
  withDecideOptions(parent.command('approve <run> <step>'))
    .description('approve what a run asks')
    .action((run: string, step: string, options: DecideOptions) =>
      decide({ run, step, decision: 'approve' }, options, io),
    );
}

export function addReject(parent: Command, io: Io): void {
  withDecideOptions(parent.command('reject <run> <step>'))
    .description('reject what a run asks')
    .action((run: string, step: string, options: DecideOptions) =>
      decide({ run, step, decision: 'reject' }, options, io),
    );
}

export function addDecide(parent: Command, io: Io): void {
  withDecideOptions(parent.command('decide <run> <step> <decision>'))
    .description('answer what a run asks with one of its options')
    .action((run: string, step: string, decision: string, options: DecideOptions) =>
      decide({ run, step, decision }, options, io),
    );
}

const withDecideOptions = (command: Command): Command =>
  withRunOptions(command)
    .option('--note <text>', 'why, for whoever looks at the run later')
    .option(
      '--by <name>',
      'who decides (default: you); a stage that knows its callers records them',
    );

async function decide(
  {
    run,
    step,
    decision,
  }: { readonly run: string; readonly step: string; readonly decision: string },
  { json, note, by = userInfo().username, ...location }: DecideOptions,
  io: Io,
): Promise<void> {
  const client = await connect(location, io);
  const approval = await client.decideApproval(run, {
    ...{ step, decision, by },
    ...(note !== undefined && { note }),
  });
  if (json) return printJson(io, approval);
  printLines(io, [decidedLine(approval), io.paint('dim', `npx signalbox watch ${run}`)]);
}

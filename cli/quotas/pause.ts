import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { type RunOptions, withRunOptions } from '../runs/connect.ts';
import { order } from './order.ts';

export function addPause(parent: Command, io: Io): void {
  withRunOptions(parent.command('pause <quota>'))
    .description(
      'let no call of it begin; steps are put off until it is resumed, or their deadline',
    )
    .action((name: string, options: RunOptions) => order(name, { paused: true }, options, io));
}

export function addResume(parent: Command, io: Io): void {
  withRunOptions(parent.command('resume <quota>'))
    .description('let calls begin again, also after an outage')
    .action((name: string, options: RunOptions) => order(name, { paused: false }, options, io));
}

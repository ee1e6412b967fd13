#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import * as z from 'zod/mini';
import { registerApprovals } from './approvals/register-approvals.ts';
import { registerConsumers } from './consumers/register-consumers.ts';
import { registerDeadLetters } from './dead-letters/register-dead-letters.ts';
import { registerEvents } from './events/register-events.ts';
import { registerFleet } from './fleet/register-fleet.ts';
import { processIo } from './io.ts';
import { registerLocal } from './local/register-local.ts';
import { registerQuotas } from './quotas/register-quotas.ts';
import { runProgram } from './run-program.ts';
import { registerRuns } from './runs/register-runs.ts';

const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
const { version } = z.parse(z.object({ version: z.string() }), JSON.parse(manifest));

const io = processIo();
const program = new Command('signalbox')
  .description('A control plane for AI agents that runs inside your own AWS account')
  .version(version);
registerLocal(program, io);
registerRuns(program, io);
registerEvents(program, io);
registerApprovals(program, io);
registerDeadLetters(program, io);
registerFleet(program, io);
registerQuotas(program, io);
registerConsumers(program, io);
await runProgram(program, process.argv.slice(2), io);

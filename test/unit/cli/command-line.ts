import { Command } from 'commander';
import { onTestFinished } from 'vitest';
import type { Io } from '../../../cli/io.ts';
import { runProgram } from '../../../cli/run-program.ts';
import { type Answer, type Received, startFakeApi } from './fake-api.ts';
import { screen } from './screen.ts';

type Register = (program: Command, io: Io) => void;

/** Runs the command line against an API that answers so; gives what was written and what was asked. */
export async function commandLine(
  registers: readonly Register[],
  argv: readonly string[],
  answer: (request: Received) => Answer,
  over: Partial<Io> = {},
) {
  const api = await startFakeApi(answer);
  onTestFinished(api.close);
  const { io, written } = screen({ env: { SIGNALBOX_API_URL: api.url }, ...over });
  const program = new Command('signalbox');
  for (const register of registers) register(program, io);
  await runProgram(program, argv, io);
  return { ...written, received: api.received };
}

import { type Command, CommanderError } from 'commander';
import { CliError, EXIT, type ExitCode, errorJson, renderError } from './errors.ts';
import type { Io } from './io.ts';

/**
 * Runs the program to its end: errors are said on stderr, as JSON when `--json` is among the
 * arguments, and become exit code 1, wrong usage 2. `argv` is without `node` and the script.
 */
export async function runProgram(
  program: Command,
  argv: readonly string[],
  io: Io,
): Promise<ExitCode> {
  let code: ExitCode = EXIT.ok;
  const json = argv.includes('--json');
  const help = helpFor(program, argv);
  try {
    prepare(program, { json, help }, io);
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    code = tell(error, { json, help }, io);
  }
  if (code !== EXIT.ok) io.setExitCode(code);
  return code;
}

interface Telling {
  readonly json: boolean;
  /** Where wrong usage finds what is right. */
  readonly help: string;
}

/** Names the help of the command that was meant, as far as the arguments name one. */
function helpFor(program: Command, argv: readonly string[]): string {
  const names: string[] = [];
  let command = program;
  for (const word of argv) {
    const child = command.commands.find((one) => one.name() === word);
    if (!child) break;
    names.push(word);
    command = child;
  }
  return `See \`${['npx signalbox', ...names, '--help'].join(' ')}\`.`;
}

/** Commander leaves exiting and usage errors to us; settings are not inherited by commands made before. */
function prepare(command: Command, { json, help }: Telling, io: Io): void {
  command
    .exitOverride()
    .showHelpAfterError(help)
    .configureOutput({
      writeOut: io.out,
      // With --json the error is said once, as JSON, from where it is caught.
      writeErr: (text) => (json ? undefined : io.err(text)),
    });
  for (const child of command.commands) prepare(child, { json, help }, io);
}

function tell(error: unknown, { json, help }: Telling, io: Io): ExitCode {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return EXIT.ok;
    if (json) {
      const usage = new CliError('USAGE', error.message.replace(/^error: /, ''), {
        next: help,
      });
      io.err(`${errorJson(usage)}\n`);
    }
    return EXIT.usage;
  }
  io.err(`${json ? errorJson(error) : renderError(error, io.errorPaint)}\n`);
  return error instanceof CliError ? error.exitCode : EXIT.failed;
}

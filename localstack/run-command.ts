import { execFile } from 'node:child_process';

export interface CommandResult {
  /** Exit code; `null` when the command could not be started or was ended by a signal. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

/** Runs a command to its end; every outcome is a value. */
export const runCommand = (
  command: string,
  args: readonly string[],
  options: {
    readonly env: Readonly<Record<string, string | undefined>>;
    readonly timeoutMs: number;
  },
): Promise<CommandResult> =>
  new Promise((resolve) => {
    execFile(
      command,
      args,
      { env: options.env, timeout: options.timeoutMs, maxBuffer: MAX_OUTPUT_BYTES },
      (error, stdout, stderr) => {
        const failed = typeof error?.code === 'number' ? error.code : null;
        resolve({ code: error === null ? 0 : failed, stdout, stderr });
      },
    );
  });

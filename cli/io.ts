import { text } from 'node:stream/consumers';
import { noPaint, type Paint, paintFor } from './draw/paint.ts';
import { EXIT, type ExitCode } from './errors.ts';

/** Everything a command touches outside itself. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The project's folder: where `.signalbox` is looked for. */
  readonly cwd: string;
  /** Columns to draw in, 40 to 120. */
  readonly width: number;
  /** Standard output is a terminal that can be drawn over. */
  readonly isTerminal: boolean;
  readonly paint: Paint;
  readonly errorPaint: Paint;
  out(text: string): void;
  err(text: string): void;
  readStdin(): Promise<string>;
  /** Epoch milliseconds. */
  now(): number;
  setExitCode(code: ExitCode): void;
}

const NARROWEST = 40;
/** Beyond it, eyes lose the line; files and pipes get it. */
const WIDEST = 120;
/** Of a terminal that does not tell. */
const USUAL = 80;

/** The real process. */
export function processIo(): Io {
  const { stdout, stderr } = process;
  // A reader that has enough, like `| head`, is no error.
  stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    process.exit(code === 'EPIPE' ? EXIT.ok : EXIT.failed);
  });
  return {
    env: process.env,
    cwd: process.cwd(),
    get width() {
      const columns = stdout.columns || (stdout.isTTY ? USUAL : WIDEST);
      return Math.min(WIDEST, Math.max(NARROWEST, columns));
    },
    isTerminal: stdout.isTTY === true && process.env.TERM !== 'dumb',
    paint: paintOf(stdout),
    errorPaint: paintOf(stderr),
    out: (chunk) => void stdout.write(chunk),
    err: (chunk) => void stderr.write(chunk),
    readStdin: () => text(process.stdin),
    now: Date.now,
    setExitCode: (code) => {
      process.exitCode = code;
    },
  };
}

const paintOf = (stream: NodeJS.WriteStream): Paint =>
  process.env.TERM === 'dumb' ? noPaint : paintFor(stream);

import { noPaint } from '../../../cli/draw/paint.ts';
import type { Io } from '../../../cli/io.ts';

/** An Io that keeps what is written. */
export function screen(over: Partial<Io> = {}) {
  const written = { out: '', err: '', exitCode: 0 };
  const io: Io = {
    env: {},
    cwd: '/nowhere',
    width: 120,
    isTerminal: false,
    paint: noPaint,
    errorPaint: noPaint,
    out: (chunk) => {
      written.out += chunk;
    },
    err: (chunk) => {
      written.err += chunk;
    },
    readStdin: async () => '',
    now: () => 0,
    setExitCode: (code) => {
      written.exitCode = code;
    },
    ...over,
  };
  return { io, written };
}

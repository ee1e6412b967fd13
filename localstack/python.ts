/**
 * Which Python makes the embedded cloud's virtual environment.
 *
 * Job: try interpreters in a fixed order and take the first that is new enough and has venv.
 * Boundary: asks each candidate itself; a name on PATH proves nothing (version managers put
 * placeholders there that only print an error).
 *
 * Invariants
 * Y1. A named interpreter (SIGNALBOX_PYTHON) is the only candidate: it works, or its fault is said.
 * Y2. The error names the nearest miss: a new Python without venv before an old one, before none.
 */
import * as z from 'zod/mini';
import { PythonMissingError, VenvModuleMissingError } from './errors.ts';
import { parseJson } from './parse-json.ts';
import { runCommand } from './run-command.ts';

const OLDEST = [3, 10] as const;
const CANDIDATES = [
  'python3.13',
  'python3.12',
  'python3.11',
  'python3.10',
  'python3',
  'python',
] as const;
const PROBE_TIMEOUT_MS = 10_000;

/** Debian ships the venv module without the pip that it installs: both are needed. */
const PROBE = `
import importlib.util, json, sys
has = lambda name: importlib.util.find_spec(name) is not None
print(json.dumps({"executable": sys.executable, "version": list(sys.version_info[:3]), "hasVenv": has("venv") and has("ensurepip")}))
`;

const PythonSchema = z.object({
  /** Absolute path. */
  executable: z.string(),
  version: z.tuple([z.number(), z.number(), z.number()]),
  hasVenv: z.boolean(),
});
export type Python = z.infer<typeof PythonSchema>;

/**
 * @throws PythonMissingError, VenvModuleMissingError saying which command installs what is missing.
 */
export async function findPython(options: {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
}): Promise<Python> {
  const named = options.environment.SIGNALBOX_PYTHON;
  const found: Python[] = [];
  for (const command of named ? [named] : CANDIDATES) {
    const python = await probePython(command, options.environment);
    if (python === null) continue;
    if (isUsable(python)) return python;
    found.push(python);
  }
  throw explainMissing(found, options.platform, named);
}

/** What a Python says of itself; `null` if the command is none. */
export async function probePython(
  command: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Python | null> {
  const { code, stdout } = await runCommand(command, ['-I', '-c', PROBE], {
    env: environment,
    timeoutMs: PROBE_TIMEOUT_MS,
  });
  return code === 0 ? parseJson(PythonSchema, stdout) : null;
}

export const versionText = ({ version }: Python): string => version.join('.');

const isNewEnough = ({ version: [major, minor] }: Python): boolean =>
  major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);

export const isUsable = (python: Python): boolean => isNewEnough(python) && python.hasVenv;

/** The error for interpreters of which none is usable (Y2). */
export function explainMissing(
  found: readonly Python[],
  platform: NodeJS.Platform,
  named?: string,
): PythonMissingError | VenvModuleMissingError {
  const withoutVenv = found.find(isNewEnough);
  if (withoutVenv !== undefined) {
    const [major, minor] = withoutVenv.version;
    return new VenvModuleMissingError(
      `${withoutVenv.executable} (${versionText(withoutVenv)})`,
      platform === 'darwin'
        ? '`brew install python`'
        : `\`sudo apt-get install python${major}.${minor}-venv\` on Debian or Ubuntu, your system's package for Python's venv module elsewhere`,
    );
  }
  const none = named === undefined ? 'none' : `nothing usable as SIGNALBOX_PYTHON=${named}`;
  return new PythonMissingError(
    found.map((python) => `${python.executable} (${versionText(python)})`).join(', ') || none,
    platform === 'darwin'
      ? '`brew install python`'
      : "`sudo apt-get install python3 python3-venv` on Debian or Ubuntu, your system's python3 package elsewhere",
  );
}

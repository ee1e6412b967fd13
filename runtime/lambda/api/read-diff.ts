/** What two runs of a tenant did differently. */
import type { RunDiff } from '../../contracts/api.ts';
import { diffRuns } from '../../core/diff-runs.ts';
import { hash } from '../../core/hash.ts';
import { known } from './problem.ts';
import { type ReadPorts, readEvents } from './read-run.ts';

/** @throws RequestRefusedError naming a run that there is not. */
export async function readDiff(
  ports: ReadPorts,
  { tenant, runs: [a, b] }: { readonly tenant: string; readonly runs: readonly [string, string] },
): Promise<RunDiff> {
  const [first, second] = await Promise.all([
    readEvents(ports, { run: a, tenant }),
    readEvents(ports, { run: b, tenant }),
  ]);
  const [ofA, ofB] = [known(first, a), known(second, b)];
  const sameInput = await haveSameInput(ports, a, b);
  return known(diffRuns(ofA, ofB, { sameInput, nowMs: ports.system.now() }), a);
}

async function haveSameInput({ runs }: ReadPorts, a: string, b: string): Promise<boolean | null> {
  const [first, second] = await Promise.all([runs.read(a), runs.read(b)]);
  return first && second && hash(first.input) === hash(second.input);
}

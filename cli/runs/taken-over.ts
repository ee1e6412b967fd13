import type { SignalboxClient } from '#runtime/client/client.ts';
import type { Trace } from '#runtime/contracts/api.ts';
import { clean } from '../draw/text.ts';
import type { Io } from '../io.ts';

/** An effect that a fork takes over, though its run may now ask for another one. */
interface TakenOver {
  readonly path: string;
  readonly effect: string;
}

/**
 * Warns of effects that a fork takes over although a patch may have changed what they are asked: an effect
 * is told by path and name, not by its input.
 * @param origin the run that was forked
 */
export async function warnOfTakenOver(
  client: Pick<SignalboxClient, 'trace'>,
  origin: string,
  patched: readonly string[],
  io: Io,
): Promise<void> {
  if (patched.length === 0) return;
  // The fork is made: what cannot be found out about it must not look as if it were not.
  const traces = await tracesOf(client, origin).catch(() => []);
  for (const { path, effect } of takenOver(traces, patched)) {
    io.err(
      `${io.errorPaint('yellow', 'warning')} effect "${clean(effect)}" of ${clean(path)} is taken over from ${origin}, also if the patch has changed what it is asked; give it another name if another input means another effect\n`,
    );
  }
}

/** All generations of a run. */
async function tracesOf(
  client: Pick<SignalboxClient, 'trace'>,
  run: string,
): Promise<readonly Trace[]> {
  const newest = await client.trace(run);
  const former = newest.generations.filter(({ gen }) => gen !== newest.gen);
  return Promise.all([newest, ...former.map(({ gen }) => client.trace(run, { gen }))]);
}

/** The performed effects of patched steps, and of steps that began after one of them had ended. */
function takenOver(traces: readonly Trace[], patched: readonly string[]): readonly TakenOver[] {
  const spans = traces.flatMap((trace) => trace.spans);
  const ends = spans.filter(({ path }) => patched.includes(path)).flatMap(endMs);
  const firstEndMs = Math.min(...ends);
  const found = spans
    .filter(({ path, queuedAt }) => patched.includes(path) || Date.parse(queuedAt) >= firstEndMs)
    .flatMap(({ path, calls }) =>
      calls
        .filter(({ kind, status }) => kind === 'effect' && status === 'succeeded')
        .map(({ call }): TakenOver => ({ path, effect: call })),
    );
  return [...new Map(found.map((one) => [`${one.path} ${one.effect}`, one])).values()];
}

const endMs = ({ status, endedAt }: Trace['spans'][number]): number[] =>
  status === 'succeeded' && endedAt !== undefined ? [Date.parse(endedAt)] : [];

/**
 * Changes a run's reactions: a decision, its compare and put, then what is owed.
 *
 * Invariants
 * R3. Of several routers that decide at once each decides on what the other has written.
 */
import { ThrottledError } from '../../contracts/errors.ts';
import type { RunRecord } from '../../contracts/ledger.ts';
import type { ReactionsRecord } from '../../contracts/reactions.ts';
import { noReactions } from '../../core/react/state.ts';
import { type OwedContext, performOwed } from './perform-owed.ts';
import type { ReactPorts } from './react-ports.ts';

/** Every lost race means that somebody else has got on with the run; more rounds mean that nobody does. */
const MAX_ROUNDS = 20;

/**
 * @param context.run the run's record, if the caller has read it; it is read for a run without reactions
 * @param decide may be asked several times; what gives its argument back has nothing to change
 * @throws ThrottledError when others were faster each time, or whatever a port throws
 */
export async function changeReactions(
  ports: ReactPorts,
  run: string,
  context: OwedContext & { readonly run?: RunRecord },
  decide: (state: ReactionsRecord) => ReactionsRecord,
): Promise<void> {
  const { reactions } = ports;
  const before = (await reactions.read(run)) ?? (await beginning(ports, run, context.run));
  if (before === null) return;
  let current = before;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const next = decide(current);
    if (next === current) return performOwed(ports, current, context);
    const record = { ...next, rev: current.rev + 1 };
    const put = await reactions.put({ record, expectedRev: current.rev || null });
    if (put.kind === 'written') return performOwed(ports, record, context);
    // Deleted in this moment, with the run: nothing is left to react in.
    if (put.current === null) return;
    current = put.current;
  }
  throw new ThrottledError(
    `the reactions of run ${run} changed under ${MAX_ROUNDS} decisions; the event comes again`,
  );
}

/** `null` for a run that does not react, or is not there (any more). */
async function beginning(
  { runs, system, telemetry }: ReactPorts,
  run: string,
  known: RunRecord | undefined,
): Promise<ReactionsRecord | null> {
  const record = known ?? (await runs.read(run));
  if (record?.kind === 'reactive') return noReactions(record, system.now());
  telemetry.log('warn', 'an event of a run that is none of ours causes nothing', { run });
  return null;
}

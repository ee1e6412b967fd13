/**
 * One round of the reconciler: first the events that wait for the stream, then the runs that are due.
 *
 * Invariants
 * R8. A stream that is away keeps no run from its end, and a run none of the events from the stream.
 */
import { type ReconcilePorts, reconcileRuns } from './reconcile-runs.ts';
import { type RelayPorts, relayOutbox } from './relay-outbox.ts';

/** Of a minute: the next round finds this one over. */
const RELAY_MS = 20_000;
const ROUND_MS = 45_000;

/** @throws what keeps due runs from being found or put off */
export async function reconcile(ports: RelayPorts & ReconcilePorts): Promise<void> {
  const { system, telemetry } = ports;
  const beganMs = system.now();
  const relayed = await relayOutbox(ports, beganMs + RELAY_MS).catch((error: unknown) => {
    telemetry.log('warn', 'kept events wait for the next round', { error });
    return null;
  });
  const looked = await reconcileRuns(ports, beganMs + ROUND_MS);
  telemetry.log('info', 'reconciled', { relayed, looked });
}

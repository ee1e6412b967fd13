import { MemoryDueRuns } from '#runtime/adapters/memory/due-runs.ts';
import { MemoryEventLog } from '#runtime/adapters/memory/event-log.ts';
import { MemoryInbox } from '#runtime/adapters/memory/inbox.ts';
import { MemoryLedger } from '#runtime/adapters/memory/ledger.ts';
import { MemoryOrchestrator, MemoryTaskCallback } from '#runtime/adapters/memory/orchestrator.ts';
import { MemoryOutbox } from '#runtime/adapters/memory/outbox.ts';
import { MemoryTimers } from '#runtime/adapters/memory/timers.ts';
import { VirtualSystem } from '#runtime/adapters/memory/virtual-system.ts';
import { MemoryWorkQueue } from '#runtime/adapters/memory/work-queue.ts';
import type { RunRecord } from '#runtime/contracts/ledger.ts';
import { runViewOf } from '#runtime/core/run-view.ts';
import { newRun } from '#runtime/core/start-run.ts';
import { acceptNew } from '#runtime/lambda/api/front-door.ts';
import { reconcile } from '#runtime/lambda/reconcile.ts';
import type { ReconcilePorts } from '#runtime/lambda/reconcile-runs.ts';
import type { RelayPorts } from '#runtime/lambda/relay-outbox.ts';

export const DEADLINE_SECONDS = 300;
export const MINUTE_MS = 60_000;
export const runId = (n: number): string => `run${String(n).padStart(23, '0')}`;
export const RUN = runId(1);

type Replace = (real: RelayPorts & ReconcilePorts) => Partial<RelayPorts & ReconcilePorts>;

/** Each question to the orchestrator comes by here first, and goes no further when this throws. */
export const onQuestion =
  (look: (executionName: string, nowMs: number) => void): Replace =>
  ({ orchestrator, system }) => ({
    orchestrator: {
      start: (run) => orchestrator.start(run),
      stop: (execution) => orchestrator.stop(execution),
      describe: async (execution) => {
        look(execution.executionName, system.now());
        return orchestrator.describe(execution);
      },
    },
  });

/** Accepted runs, executions that end as they are told, and a reconciler. */
export function world(replace: Replace = () => ({})) {
  const system = new VirtualSystem();
  const ledger = new MemoryLedger();
  const [events, outbox, dueRuns] = [new MemoryEventLog(), new MemoryOutbox(), new MemoryDueRuns()];
  const orchestrator = new MemoryOrchestrator(['support'], system);
  const logged: unknown[] = [];
  const telemetry = { log: (...line: readonly unknown[]) => void logged.push(line) };
  const { runs, steps, waits } = ledger;
  const [inbox, tasks] = [new MemoryInbox(), new MemoryTaskCallback()];
  const looks = new MemoryWorkQueue(system, { visibilitySeconds: 30, maxReceiveCount: 12 });
  const timers = new MemoryTimers(looks, system);
  const real = {
    ...{ runs, steps, waits, inbox, tasks, events, stream: events, outbox, dueRuns },
    ...{ timers, orchestrator, system, telemetry },
  };
  const ports = { ...real, ...replace(real) };

  const executionOf = (run: string) => ({ workflow: 'support', executionName: `${run}-0` });

  return {
    ...real,
    looks,
    logged,
    async accept(run = RUN, deadlineSeconds = DEADLINE_SECONDS): Promise<void> {
      const record = newRun(
        {
          run,
          tenant: 'acme',
          workflow: 'support',
          defVersion: 'v1',
          sent: {},
          input: {},
          tags: {},
          deadlineSeconds,
          deadlineMs: null,
          traceparent: null,
        },
        system.now(),
      );
      await acceptNew(real, record, {});
    },
    /** Changes the run's record. */
    async change(parts: Partial<RunRecord>, run = RUN): Promise<void> {
      const record = await runs.read(run);
      if (record === null) throw new TypeError('no such run');
      await runs.put({
        record: { ...record, ...parts, rev: record.rev + 1 },
        expectedRev: record.rev,
      });
    },
    record: (run = RUN) => runs.read(run),
    executionOf,
    end: (end: Parameters<MemoryOrchestrator['end']>[1], run = RUN) =>
      orchestrator.end(executionOf(run), end),
    /** Lets time pass, a minute at a time, and the reconciler work at the end of each. */
    async pass(minutes = 1): Promise<void> {
      for (let n = 0; n < minutes; n += 1) {
        await system.advance(MINUTE_MS);
        await system.run(reconcile(ports));
      }
    },
    types: (run = RUN) => [
      ...new Set(events.events.filter((event) => event.run === run).map(({ type }) => type)),
    ],
    view: (run = RUN) =>
      runViewOf(
        events.events.filter((event) => event.run === run),
        system.now(),
      ),
  };
}

/** What the tests of stop, resume and fork do to runs. */
import type { StepRecord } from '#runtime/contracts/ledger.ts';
import type { TerminalStatus } from '#runtime/contracts/status.ts';
import { platformEvent } from '#runtime/core/event.ts';
import type { RestCall } from '../../support/rest-event.ts';
import { stepOutcome, stepRecord } from '../../support/steps.ts';
import { type apiUnderTest, startCall } from './api-under-test.ts';

type Api = ReturnType<typeof apiUnderTest>;

export const post = (
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): RestCall => ({
  method: 'POST',
  path,
  headers: { 'Content-Type': 'application/json', ...headers },
  ...(body !== undefined && { body: JSON.stringify(body) }),
});

export async function startedRun(api: Api): Promise<string> {
  const { body } = await api.ask(startCall());
  return body.id;
}

/** The newest generation ends, as far as the ledger knows. */
export async function end(api: Api, run: string, status: TerminalStatus): Promise<void> {
  const record = await api.ledger.runs.read(run);
  if (!record) throw new TypeError(`no run ${run}`);
  const at = new Date(api.system.now()).toISOString();
  const ended = { ...record, rev: record.rev + 1, end: { gen: record.gen, status, at } };
  await api.ledger.runs.put({ record: ended, expectedRev: record.rev });
}

/** The newest generation ends, as the stream and the read model are told. */
export async function tellEnd(api: Api, run: string, gen = 0): Promise<void> {
  const scope = { source: 'test', run, root: run, gen, tenant: 'default', workflow: 'support' };
  await api.events.append([
    platformEvent(
      { ...scope, fence: 0 },
      {
        type: 'signalbox.run.failed',
        atMs: api.system.now(),
        data: { durationMs: 1, error: 'Agent.Terminal', cause: '' },
      },
    ),
  ]);
  await api.project();
}

/** A step of the run as workers have left it. */
export async function keepStep(
  api: Api,
  run: string,
  path: string,
  changes: Partial<StepRecord> = {},
): Promise<void> {
  const record = stepRecord({ run, path, ...changes });
  await api.ledger.steps.put({ record, expectedRev: null });
}

export const succeeded = { outcomes: [stepOutcome()] };

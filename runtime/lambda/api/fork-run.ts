/** Performs the decisions of `core/fork-run.ts`: a fork is put and started like every other run. */
import { type ForkRequest, forkedBy, forkIdOf, forkRun } from '../../core/fork-run.ts';
import type { ApiDependencies } from './dependencies.ts';
import { type Acceptance, acceptNew } from './front-door.ts';
import type { RunQuery } from './read-run.ts';
import { refuseReactive } from './refuse-reactive.ts';
import { recordOf } from './run-record.ts';
import { workflowOf } from './start-request.ts';
import { refuseUnreached } from './steps-of-run.ts';

export interface ForkQuery extends RunQuery {
  readonly body: Pick<ForkRequest, 'from' | 'patches' | 'liveEffects'>;
  /** `null`: every request makes a fork of its own. */
  readonly idempotencyKey: string | null;
  readonly traceparent: string | null;
}

/** @throws RequestRefusedError when there is no such run, or it has not come to a step that is named. */
export async function fork(ports: ApiDependencies, query: ForkQuery): Promise<Acceptance> {
  const { body, idempotencyKey, traceparent } = query;
  const origin = await recordOf(ports, query);
  refuseReactive(origin, 'forked');
  const { contract, defVersion } = workflowOf(ports.workflows, origin.workflow);
  const named = [...(body.from === null ? [] : [body.from]), ...Object.keys(body.patches)];
  const steps = named.length === 0 ? [] : await ports.steps.list(origin.run);
  refuseUnreached(origin, steps, named);
  const request = {
    ...body,
    run: idempotencyKey === null ? ports.system.randomId() : forkIdOf(origin, idempotencyKey),
    defVersion,
    deadlineSeconds: contract.deadlineSeconds,
    ...(contract.budget && { budget: contract.budget }),
    traceparent,
  };
  const record = forkRun(origin, steps, request, ports.system.now());
  return acceptNew(ports, record, forkedBy(origin.run, body));
}

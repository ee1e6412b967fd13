/**
 * From a request to what the front door takes: checked, and nothing left to find out later.
 *
 * Invariant Q2: everything that is wrong with the input is told at once, field by field.
 */
import * as z from 'zod/mini';
import { PLACE_HEADER, type ReturnPlace } from '../../contracts/admission.ts';
import type { FieldProblem } from '../../contracts/api.ts';
import type { WorkflowContract } from '../../contracts/workflow.ts';
import { refusedParts } from '../../core/input-check.ts';
import { placeOf } from '../../core/return-place.ts';
import { runIdOf } from '../../core/run-id.ts';
import type { StartRequest } from '../../core/start-run.ts';
import type { PlaceKey } from '../../ports.ts';
import type { ApiDependencies, ApiRequest } from './dependencies.ts';
import type { DeployedWorkflow } from './deployed-workflows.ts';
import { fieldProblems, OUR_WORDS } from './field-problems.ts';
import { quoted, RequestRefusedError } from './problem.ts';
import {
  deadlineMsOf,
  idempotencyKeyOf,
  jsonBodyOf,
  placeHeaderOf,
  refuseTooLarge,
  traceparentHeaderOf,
} from './request.ts';
import { tagProblems } from './tags.ts';

/** A start as it was asked for. */
export interface AskedStart {
  readonly contract: WorkflowContract;
  readonly start: StartRequest;
  /** The request may have come before: it has a key, or the place of a 429. */
  readonly isRepeatable: boolean;
  /** That place; `null` for a request that has none. */
  readonly place: number | null;
}

/** @throws RequestRefusedError naming what is wrong and what is allowed. */
export async function askedStartOf(
  { workflows, system, placeKey }: ApiDependencies,
  { event, tenant, parameter }: ApiRequest,
): Promise<AskedStart> {
  const { contract, defVersion } = workflowOf(workflows, parameter);
  const key = idempotencyKeyOf(event);
  const place = await placeIn(event, { tenant, workflow: contract.name }, placeKey);
  const keyed = key === null ? null : runIdOf(tenant, contract.name, key);
  if (keyed !== null && place !== null && place.run !== keyed) throw placeRefused(WRONG_KEY);
  const deadlineMs = deadlineMsOf(event);
  const sent = jsonBodyOf(event);
  const { input, tags } = await checkedInput({ contract, defVersion }, sent);
  const start = {
    run: keyed ?? place?.run ?? system.randomId(),
    tenant,
    workflow: contract.name,
    defVersion,
    sent,
    input,
    tags,
    deadlineSeconds: contract.deadlineSeconds,
    ...(contract.budget && { budget: contract.budget }),
    deadlineMs,
    traceparent: traceparentHeaderOf(event),
  };
  const isRepeatable = keyed !== null || place !== null;
  return { contract, start, isRepeatable, place: place?.place ?? null };
}

async function placeIn(
  event: ApiRequest['event'],
  owner: Pick<ReturnPlace, 'tenant' | 'workflow'>,
  placeKey: PlaceKey,
): Promise<ReturnPlace | null> {
  const text = placeHeaderOf(event);
  if (text === null) return null;
  const place = placeOf(text, owner, await placeKey.read());
  if (place === null) throw placeRefused(`${quoted(text)} was not given to you for this workflow`);
  return place;
}

const WRONG_KEY = 'the place was given to a request with another Idempotency-Key';

const placeRefused = (why: string): RequestRefusedError =>
  new RequestRefusedError(
    'header-invalid',
    `${PLACE_HEADER}: ${why}; allowed: the \`place\` of this request's own 429, or no such header`,
  );

/** @throws RequestRefusedError naming the workflows that there are. */
export function workflowOf(
  workflows: ApiDependencies['workflows'],
  name: string,
): DeployedWorkflow {
  const workflow = workflows.get(name);
  if (workflow) return workflow;
  throw new RequestRefusedError(
    'workflow-unknown',
    `There is no workflow ${quoted(name)}; deployed: ${[...workflows.keys()].join(', ') || 'none'}`,
  );
}

/** The input as its schema makes it, and its tags. */
async function checkedInput(
  { contract }: DeployedWorkflow,
  sent: unknown,
): Promise<Pick<StartRequest, 'input' | 'tags'>> {
  refuse(contract.name, refusedParts(sent));
  const parsed = await z.safeParseAsync(contract.input, sent, OUR_WORDS);
  if (!parsed.success) refuse(contract.name, fieldProblems(parsed.error.issues));
  const input: unknown = parsed.data;
  // Numbers and escapes may grow on the way from the body to the schema's output.
  refuseTooLarge('The input', Buffer.byteLength(JSON.stringify(input)));
  const tags = contract.tags?.(input) ?? {};
  refuse(contract.name, tagProblems(tags));
  return { input, tags };
}

function refuse(workflow: string, errors: readonly FieldProblem[]): void {
  if (errors.length === 0) return;
  const fields = errors.map(({ field }) => field).join(', ');
  throw new RequestRefusedError(
    'input-invalid',
    `The input does not fit the workflow ${quoted(workflow)}: see ${fields}`,
    { errors },
  );
}

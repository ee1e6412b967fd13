/**
 * From a request to what the front door takes: checked, and nothing left to find out later.
 *
 * Invariant Q2: everything that is wrong with the input is told at once, field by field.
 */
import * as z from 'zod/mini';
import en from 'zod/v4/locales/en.js';
import type { FieldProblem } from '../../contracts/api.ts';
import { refusedParts } from '../../core/input-check.ts';
import { fieldOf } from '../../core/issues.ts';
import { runIdOf } from '../../core/run-id.ts';
import type { StartRequest } from '../../core/start-run.ts';
import type { ApiDependencies, ApiRequest } from './dependencies.ts';
import type { DeployedWorkflow } from './deployed-workflows.ts';
import { quoted, RequestRefusedError } from './problem.ts';
import {
  deadlineMsOf,
  idempotencyKeyOf,
  jsonBodyOf,
  refuseTooLarge,
  traceparentHeaderOf,
} from './request.ts';
import { tagProblems } from './tags.ts';

/** @throws RequestRefusedError naming what is wrong and what is allowed. */
export async function startRequestOf(
  { workflows, system }: ApiDependencies,
  { event, tenant, parameter }: ApiRequest,
): Promise<StartRequest> {
  const { contract, defVersion } = workflowOf(workflows, parameter);
  const key = idempotencyKeyOf(event);
  const deadlineMs = deadlineMsOf(event);
  const sent = jsonBodyOf(event);
  const { input, tags } = await checkedInput({ contract, defVersion }, sent);
  return {
    run: key === null ? system.randomId() : runIdOf(tenant, contract.name, key),
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
}

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
  const parsed = await z.safeParseAsync(contract.input, sent, { error: en().localeError });
  if (!parsed.success) {
    refuse(
      contract.name,
      parsed.error.issues.map(({ path, message }) => ({ field: fieldOf(path), problem: message })),
    );
  }
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

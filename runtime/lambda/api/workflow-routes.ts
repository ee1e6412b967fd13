/** The route that tells what a workflow takes. */
import type { WorkflowView } from '../../contracts/api.ts';
import { maxQueueSecondsOf } from '../../contracts/workflow.ts';
import { jsonSchemaOf } from '../../core/json-schema.ts';
import type { ApiDependencies, RouteHandler } from './dependencies.ts';
import { refuseParameters } from './query.ts';
import { jsonResponse } from './response.ts';
import { workflowOf } from './start-request.ts';

export const getWorkflow =
  ({ workflows }: ApiDependencies): RouteHandler =>
  async ({ event, parameter }) => {
    refuseParameters(event);
    const { contract } = workflowOf(workflows, parameter);
    const view: WorkflowView = {
      name: contract.name,
      deadlineSeconds: contract.deadlineSeconds,
      maxQueueSeconds: maxQueueSecondsOf(contract),
      input: jsonSchemaOf(contract.input),
    };
    return jsonResponse(200, view);
  };

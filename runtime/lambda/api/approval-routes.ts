/** The route by which people decide. */
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { approvalBodyOf } from './change-request.ts';
import { decide } from './decide-approval.ts';
import type { ApiDependencies, RouteHandler } from './dependencies.ts';
import { refuseParameters } from './query.ts';
import { jsonResponse } from './response.ts';

export const decideApproval =
  (dependencies: ApiDependencies): RouteHandler =>
  async ({ event, tenant, parameter: run, second: path }) => {
    refuseParameters(event);
    const { decision, note, by } = approvalBodyOf(event);
    const approved = {
      decision,
      by: callerOf(event) ?? by ?? UNKNOWN,
      ...(note !== undefined && { note }),
    };
    return jsonResponse(200, await decide(dependencies, { run, tenant, path, approved }));
  };

const UNKNOWN = 'unknown';

/** Who has signed the request; `null` on a stage without credentials. */
const callerOf = ({ requestContext }: APIGatewayProxyEvent): string | null =>
  requestContext.identity?.userArn ?? null;

/**
 * The API's Lambda handler: routing, and every refusal as a problem.
 *
 * Boundary: API Gateway REST events in, proxy results out; what a route does is its own matter.
 * Invariants
 * A1. Whatever the caller sends, the answer is a response; input never makes a 5xx. A service behind that
 *     has no room for the request makes a 503, which says when to send it again.
 * A2. An unexpected error is logged with the request's id; the caller is told the id, not the error.
 */
import {
  isHttpMethod,
  NotFoundError,
  ParameterValidationError,
  Router,
  webResponseToProxyResult,
} from '@aws-lambda-powertools/event-handler/http';
import type { RequestContext } from '@aws-lambda-powertools/event-handler/types';
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';
import { API_ROUTES } from '../../contracts/api.ts';
import { InvalidCursorError, ThrottledError } from '../../contracts/errors.ts';
import { TooLargeError } from '../../core/limits.ts';
import { tooLarge } from './answer-size.ts';
import type { ApiDependencies, ApiRequest } from './dependencies.ts';
import { problemOf, quoted, RequestRefusedError } from './problem.ts';
import { problemResponse } from './response.ts';
import { routable } from './routable.ts';
import { type RouteName, routesOf } from './routes.ts';
import { tenantOf } from './tenant-of.ts';

export type ApiHandler = (
  event: APIGatewayProxyEvent,
  context: Context,
) => Promise<APIGatewayProxyResult>;

export function apiHandler(dependencies: ApiDependencies): ApiHandler {
  const { system, telemetry } = dependencies;
  const router = routerOf(dependencies);
  return async (event, context) => {
    const beganMs = system.now();
    const { httpMethod: method, path, requestContext } = event;
    const refused = (error: RequestRefusedError): Promise<APIGatewayProxyResult> =>
      webResponseToProxyResult(
        refusal(dependencies, error, requestContext.requestId),
        'ApiGatewayV1',
      );
    const answer = isHttpMethod(method.toUpperCase())
      ? await router.resolve(routable(event), context)
      : await refused(methodRefused(method, []));
    const large = tooLarge(answer);
    const result = large ? await refused(large) : answer;
    telemetry.log('info', 'answered', {
      method,
      path,
      status: result.statusCode,
      durationMs: system.now() - beganMs,
      requestId: requestContext.requestId,
    });
    return result;
  };
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'] as const;

function routerOf(dependencies: ApiDependencies): Router {
  const router = new Router();
  const handlers = routesOf(dependencies);
  for (const { method, path } of API_ROUTES) {
    // TypeScript multiplies methods by paths here; the list has the pairs that there are.
    const handle = handlers[`${method} ${path}` as RouteName];
    router.route((context) => handle(requestOf(dependencies, context)), {
      method,
      path: routerPath(path),
    });
  }
  for (const path of new Set(API_ROUTES.map((route) => route.path))) {
    const allowed = API_ROUTES.filter((route) => route.path === path).map(({ method }) => method);
    router.route(
      ({ req }) => {
        throw methodRefused(req.method, allowed);
      },
      {
        method: METHODS.filter((method) => !allowed.some((known) => known === method)),
        path: routerPath(path),
      },
    );
  }
  // Registered for the base class, so that it answers every error that is thrown on a route.
  router.errorHandler(Error, async (error, context) =>
    refusal(dependencies, error, eventOf(context).requestContext.requestId),
  );
  return router;
}

/** `/runs/{id}` as the router spells it. */
const routerPath = (path: string): `/${string}` =>
  `/${path.slice(1).replaceAll(/\{(\w+)\}/g, ':$1')}`;

function requestOf({ system }: ApiDependencies, context: RequestContext): ApiRequest {
  const event = eventOf(context);
  const [parameter = '', second = ''] = Object.values(context.params);
  return { event, tenant: tenantOf(event), arrivedMs: system.now(), parameter, second };
}

/** The router's types leave open what kind of event it was handed; here it is always this one. */
const eventOf = ({ event }: RequestContext): APIGatewayProxyEvent => event as APIGatewayProxyEvent;

/** The answer to an error, whatever it is. */
function refusal({ telemetry }: ApiDependencies, error: Error, requestId: string): Response {
  const refused = refusedOf(error);
  if (refused) return problemResponse({ ...refused.problem, requestId }, refused.headers);
  if (error instanceof ThrottledError) {
    telemetry.log('warn', 'a request met a throttled service', { requestId, error });
    const { problem, headers } = busy();
    return problemResponse({ ...problem, requestId }, headers);
  }
  telemetry.log('error', 'a request failed', { requestId, error });
  const detail = `The request could not be carried out. Send it again, with the same Idempotency-Key if it starts a run; the logs tell more under request ${requestId}.`;
  return problemResponse({ ...problemOf('internal', detail), requestId });
}

/** Adapters send a throttled call again for up to three seconds; after as long again there may be room. */
const BUSY_SECONDS = 3;

const busy = (): RequestRefusedError =>
  new RequestRefusedError(
    'busy',
    `A service behind the API takes no more requests for the moment. Send the request again in ${BUSY_SECONDS} s, with the same Idempotency-Key if it starts a run.`,
    { headers: { 'retry-after': String(BUSY_SECONDS) } },
  );

function refusedOf(error: Error): RequestRefusedError | null {
  if (error instanceof RequestRefusedError) return error;
  if (error instanceof InvalidCursorError) {
    return new RequestRefusedError('parameter-invalid', `The cursor is wrong: ${error.message}`);
  }
  if (error instanceof TooLargeError) {
    return new RequestRefusedError('body-too-large', `The run cannot be kept: ${error.message}`);
  }
  // What the router throws of itself: no route, an empty parameter, a broken percent escape.
  const isNoRoute =
    error instanceof NotFoundError ||
    error instanceof ParameterValidationError ||
    error instanceof URIError;
  return isNoRoute
    ? new RequestRefusedError('not-found', `There is no such route. ${ROUTES}`)
    : null;
}

const ROUTES = `Routes: ${API_ROUTES.map(({ method, path }) => `${method} ${path}`).join(', ')}`;

function methodRefused(method: string, allowed: readonly string[]): RequestRefusedError {
  const methods = allowed.length > 0 ? allowed : [...new Set(API_ROUTES.map((r) => r.method))];
  return new RequestRefusedError(
    'method-not-allowed',
    `The method is ${quoted(method)}; allowed: ${methods.join(', ')}`,
    { headers: { allow: methods.join(', ') } },
  );
}

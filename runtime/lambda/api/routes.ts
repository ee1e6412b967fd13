/** The routes of the API, by the names that the contract gives them. */
import type { API_ROUTES, Health, RunPage, RunView } from '../../contracts/api.ts';
import { isTerminal } from '../../contracts/status.ts';
import { runSummaryOf, runViewOf } from '../../core/run-view.ts';
import { acceptedEvent } from '../../core/start-run.ts';
import { traceOf } from '../../core/trace.ts';
import { forkRun, resumeRun, stopRun } from './change-routes.ts';
import { getDeadLetter, listDeadLetters, redriveDeadLetter } from './dead-letter-routes.ts';
import type { ApiDependencies, ApiRequest, RouteHandler } from './dependencies.ts';
import { acceptRun } from './front-door.ts';
import { known, RequestRefusedError, unknownRun } from './problem.ts';
import {
  eventsQueryOf,
  generationQueryOf,
  listQueryOf,
  partQueryOf,
  refuseParameters,
} from './query.ts';
import { readDiff } from './read-diff.ts';
import { readEventPage } from './read-events.ts';
import { readPayloadPart } from './read-payloads.ts';
import { isKnownRun, readEvents, readViewAtEnd, readWholeView } from './read-run.ts';
import { waitSecondsOf } from './request.ts';
import { jsonResponse } from './response.ts';
import { recordOf } from './run-record.ts';
import { startRequestOf } from './start-request.ts';

type Route = (typeof API_ROUTES)[number];
type NameOf<R extends Route> = R extends Route ? `${R['method']} ${R['path']}` : never;
export type RouteName = NameOf<Route>;

export const routesOf = (
  dependencies: ApiDependencies,
): Readonly<Record<RouteName, RouteHandler>> => ({
  'POST /workflows/{name}/runs': startRun(dependencies),
  'GET /runs': listRuns(dependencies),
  'GET /runs/{id}': getRun(dependencies),
  'GET /runs/{id}/events': getEvents(dependencies),
  'GET /runs/{id}/trace': getTrace(dependencies),
  'GET /runs/{id}/payloads/{sha256}': getPayload(dependencies),
  'GET /runs/{id}/diff/{other}': getDiff(dependencies),
  'POST /runs/{id}/stop': stopRun(dependencies),
  'POST /runs/{id}/resume': resumeRun(dependencies),
  'POST /runs/{id}/fork': forkRun(dependencies),
  'GET /dead-letters': listDeadLetters(dependencies),
  'GET /dead-letters/{id}': getDeadLetter(dependencies),
  'POST /dead-letters/{id}/redrive': redriveDeadLetter(dependencies),
  'GET /health': getHealth(dependencies),
});

const startRun =
  (dependencies: ApiDependencies): RouteHandler =>
  async (request) => {
    const { event, tenant, arrivedMs } = request;
    refuseParameters(event);
    const waitSeconds = waitSecondsOf(event);
    const start = await startRequestOf(dependencies, request);
    const acceptance = await acceptRun(dependencies, start);
    if (acceptance.kind === 'conflict') {
      throw new RequestRefusedError(
        'idempotency-conflict',
        `The Idempotency-Key was used with another input, for run ${start.run}; send the input of then, or use another key.`,
      );
    }
    if (acceptance.kind === 'too-late') {
      throw new RequestRefusedError(
        'header-invalid',
        'Signalbox-Deadline has passed; allowed: an instant in the future',
      );
    }
    const { record, isNew } = acceptance;
    const query = { run: record.run, tenant, untilMs: arrivedMs + waitSeconds * 1000 };
    // Of a run made just now, with nobody waiting for more, there is nothing to read yet.
    const view =
      isNew && waitSeconds === 0
        ? runViewOf([acceptedEvent(record)], dependencies.system.now())
        : await readViewAtEnd(dependencies, query);
    const run = known(view, record.run);
    return jsonResponse(isTerminal(run.status) ? 200 : 202, run, {
      location: location(request, run),
    });
  };

/** Relative, because only the caller knows under which host and stage the API is reached. */
const location = ({ event }: ApiRequest, { id }: RunView): string =>
  `${event.path.endsWith('/') ? '../' : ''}../../runs/${id}`;

const listRuns =
  ({ readModel }: ApiDependencies): RouteHandler =>
  async ({ event, tenant }) => {
    const { runs, next } = await readModel.list(listQueryOf(event, tenant));
    const page: RunPage = {
      runs: runs.flatMap((listing) => runSummaryOf(listing) ?? []),
      ...(next !== undefined && { next }),
    };
    return jsonResponse(200, page);
  };

const getRun =
  (dependencies: ApiDependencies): RouteHandler =>
  async ({ event, tenant, parameter: run }) => {
    refuseParameters(event);
    return jsonResponse(200, known(await readWholeView(dependencies, { run, tenant }), run));
  };

const getEvents =
  (dependencies: ApiDependencies): RouteHandler =>
  async ({ event, tenant, parameter: run, arrivedMs }) => {
    const { after, waitSeconds } = eventsQueryOf(event);
    if (!(await isKnownRun(dependencies, { run, tenant }))) throw unknownRun(run);
    const page = await readEventPage(dependencies, {
      run,
      ...(after !== undefined && { after }),
      untilMs: arrivedMs + waitSeconds * 1000,
    });
    return jsonResponse(200, page);
  };

const getTrace =
  (dependencies: ApiDependencies): RouteHandler =>
  async ({ event, tenant, parameter: run }) => {
    const gen = generationQueryOf(event);
    const events = known(await readEvents(dependencies, { run, tenant }), run);
    const trace = traceOf(events, dependencies.system.now(), gen);
    if (trace === null) throw unknownGeneration(run, gen);
    return jsonResponse(200, trace);
  };

const getPayload =
  (dependencies: ApiDependencies): RouteHandler =>
  async ({ event, tenant, parameter: run, second: sha256 }) => {
    const part = partQueryOf(event);
    const record = await recordOf(dependencies, { run, tenant });
    return jsonResponse(200, await readPayloadPart(dependencies, record, { sha256, part }));
  };

const getDiff =
  (dependencies: ApiDependencies): RouteHandler =>
  async ({ event, tenant, parameter: run, second: other }) => {
    refuseParameters(event);
    const diff = await readDiff(dependencies, { tenant, runs: [run, other] });
    return jsonResponse(200, diff);
  };

const getHealth =
  ({ stage, workflows }: ApiDependencies): RouteHandler =>
  async () => {
    const health: Health = { status: 'ok', stage, workflows: [...workflows.keys()] };
    return jsonResponse(200, health);
  };

const unknownGeneration = (run: string, gen: number | undefined): RequestRefusedError =>
  new RequestRefusedError(
    'parameter-invalid',
    `Run ${run} has no generation ${gen}; GET /runs/${run} lists those that there are.`,
  );

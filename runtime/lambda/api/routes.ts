/** The routes of the API, by the names that the contract gives them. */
import type { API_ROUTES, Health, RunPage, RunView } from '../../contracts/api.ts';
import { isTerminal } from '../../contracts/status.ts';
import { isoTime } from '../../core/iso-time.ts';
import { runSummaryOf, runViewOf } from '../../core/run-view.ts';
import { acceptedEvent } from '../../core/start-run.ts';
import { Admissions } from './admissions.ts';
import type { ApiDependencies, ApiRequest, RouteHandler } from './dependencies.ts';
import { acceptRun } from './front-door.ts';
import { lateRoute } from './late-route.ts';
import { known, overloaded, RequestRefusedError, unknownRun } from './problem.ts';
import { eventsQueryOf, listQueryOf, refuseParameters } from './query.ts';
import { readEventPage } from './read-events.ts';
import { isKnownRun, readViewAtEnd, readWholeView } from './read-run.ts';
import { waitSecondsOf } from './request.ts';
import { jsonResponse } from './response.ts';
import { askedStartOf } from './start-request.ts';

const inspect = () => import('./inspect-routes.ts');
const change = () => import('./change-routes.ts');
const workflow = () => import('./workflow-routes.ts');
const event = () => import('./event-routes.ts');
const approval = () => import('./approval-routes.ts');
const deadLetters = () => import('./dead-letter-routes.ts');
const fleet = () => import('./fleet-routes.ts');
const consumers = () => import('./consumer-routes.ts');
const replays = () => import('./replay-routes.ts');

/** Asked for rarely; starts and reads of runs never wait for their code. */
const late = {
  getWorkflow: lateRoute(async () => (await workflow()).getWorkflow),
  getTrace: lateRoute(async () => (await inspect()).getTrace),
  getPayload: lateRoute(async () => (await inspect()).getPayload),
  getDiff: lateRoute(async () => (await inspect()).getDiff),
  stopRun: lateRoute(async () => (await change()).stopRun),
  resumeRun: lateRoute(async () => (await change()).resumeRun),
  forkRun: lateRoute(async () => (await change()).forkRun),
  decideApproval: lateRoute(async () => (await approval()).decideApproval),
  sendEvent: lateRoute(async () => (await event()).sendEvent),
  listDeadLetters: lateRoute(async () => (await deadLetters()).listDeadLetters),
  getDeadLetter: lateRoute(async () => (await deadLetters()).getDeadLetter),
  redriveDeadLetter: lateRoute(async () => (await deadLetters()).redriveDeadLetter),
  listConsumers: lateRoute(async () => (await consumers()).listConsumers),
  startReplay: lateRoute(async () => (await replays()).startReplay),
  getReplay: lateRoute(async () => (await replays()).getReplay),
  goOnReplay: lateRoute(async () => (await replays()).goOn),
  startRebuild: lateRoute(async () => (await replays()).startRebuild),
  drainLanes: lateRoute(async () => (await replays()).drain),
  getFleet: lateRoute(async () => (await fleet()).getFleet),
  listQuotas: lateRoute(async () => (await fleet()).listQuotas),
  changeQuota: lateRoute(async () => (await fleet()).changeQuota),
};

type Route = (typeof API_ROUTES)[number];
type NameOf<R extends Route> = R extends Route ? `${R['method']} ${R['path']}` : never;
export type RouteName = NameOf<Route>;

export const routesOf = (
  dependencies: ApiDependencies,
): Readonly<Record<RouteName, RouteHandler>> => ({
  'GET /workflows/{name}': late.getWorkflow(dependencies),
  'POST /workflows/{name}/runs': startRun(dependencies),
  'GET /runs': listRuns(dependencies),
  'GET /runs/{id}': getRun(dependencies),
  'GET /runs/{id}/events': getEvents(dependencies),
  'GET /runs/{id}/trace': late.getTrace(dependencies),
  'GET /runs/{id}/payloads/{sha256}': late.getPayload(dependencies),
  'GET /runs/{id}/diff/{other}': late.getDiff(dependencies),
  'POST /runs/{id}/stop': late.stopRun(dependencies),
  'POST /runs/{id}/resume': late.resumeRun(dependencies),
  'POST /runs/{id}/fork': late.forkRun(dependencies),
  'POST /runs/{id}/approvals/{step}': late.decideApproval(dependencies),
  'POST /events': late.sendEvent(dependencies),
  'GET /consumers': late.listConsumers(dependencies),
  'POST /consumers/{name}/replays': late.startReplay(dependencies),
  'GET /consumers/{name}/replays/{id}': late.getReplay(dependencies),
  'POST /consumers/{name}/replays/{id}': late.goOnReplay(dependencies),
  'POST /consumers/{name}/rebuilds': late.startRebuild(dependencies),
  'POST /consumers/{name}/lanes': late.drainLanes(dependencies),
  'GET /dead-letters': late.listDeadLetters(dependencies),
  'GET /dead-letters/{id}': late.getDeadLetter(dependencies),
  'POST /dead-letters/{id}/redrive': late.redriveDeadLetter(dependencies),
  'GET /fleet': late.getFleet(dependencies),
  'GET /quotas': late.listQuotas(dependencies),
  'POST /quotas/{name}': late.changeQuota(dependencies),
  'GET /health': getHealth(dependencies),
});

const startRun = (dependencies: ApiDependencies): RouteHandler => {
  const admissions = new Admissions(dependencies);
  return async (request) => {
    const { event, tenant, arrivedMs } = request;
    refuseParameters(event);
    const waitSeconds = waitSecondsOf(event);
    const { contract, start, isRepeatable, place } = await askedStartOf(dependencies, request);
    const acceptance = accepted(
      start.run,
      await acceptRun(dependencies, start, {
        isRepeatable,
        admit: () => admissions.admit(contract, { run: start.run, tenant, place }),
      }),
    );
    const { record, isNew } = acceptance;
    const query = { run: record.run, tenant, untilMs: arrivedMs + waitSeconds * 1000 };
    // Of a run made just now, with nobody waiting for more, there is nothing to read yet.
    const view =
      isNew && waitSeconds === 0
        ? runViewOf([acceptedEvent(record)], dependencies.system.now())
        : await readViewAtEnd(dependencies, query);
    const run = known(view, record.run);
    const headers = { location: location(request, run) };
    return isTerminal(run.status)
      ? jsonResponse(200, run, headers)
      : jsonResponse(202, { ...run, ...etaOf(acceptance) }, headers);
  };
};

/** @throws RequestRefusedError when there is no run. */
function accepted(run: string, outcome: StartOutcome): AcceptedStart {
  switch (outcome.kind) {
    case 'accepted':
      return outcome;
    case 'conflict':
      throw new RequestRefusedError(
        'idempotency-conflict',
        `The Idempotency-Key was used with another input, for run ${run}; send the input of then, or use another key.`,
      );
    case 'too-late':
      throw new RequestRefusedError(
        'header-invalid',
        'Signalbox-Deadline has passed; allowed: an instant in the future',
      );
    case 'rejected':
      throw overloaded(outcome.overload);
  }
}

type StartOutcome = Awaited<ReturnType<typeof acceptRun>>;
type AcceptedStart = Extract<StartOutcome, { readonly kind: 'accepted' }>;

/** When the run is expected to end, as far as anything is known of others. */
function etaOf({ record, isNew, admission }: AcceptedStart): Pick<RunView, 'eta'> {
  if (!isNew || !admission || admission.runSeconds === null) return {};
  const seconds = admission.waitSeconds + admission.runSeconds;
  return { eta: isoTime(Date.parse(record.acceptedAt) + seconds * 1000) };
}

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

const getHealth =
  ({ stage, workflows }: ApiDependencies): RouteHandler =>
  async () => {
    const health: Health = { status: 'ok', stage, workflows: [...workflows.keys()] };
    return jsonResponse(200, health);
  };

/** The routes that change a run: stop, resume, fork. */
import type { RunView, StopReport } from '../../contracts/api.ts';
import { forkBodyOf, resumeBodyOf, stopBodyOf } from './change-request.ts';
import type { ApiDependencies, ApiRequest, RouteHandler } from './dependencies.ts';
import { fork } from './fork-run.ts';
import { known, RequestRefusedError } from './problem.ts';
import { refuseParameters } from './query.ts';
import { type RunQuery, readView } from './read-run.ts';
import { idempotencyKeyOf, traceparentHeaderOf } from './request.ts';
import { jsonResponse } from './response.ts';
import { resume } from './resume-run.ts';
import { inFlight, stop } from './stop-run.ts';

export const stopRun =
  (dependencies: ApiDependencies): RouteHandler =>
  async ({ event, tenant, parameter: run }) => {
    refuseParameters(event);
    const query = { run, tenant };
    const record = await stop(dependencies, { ...query, body: stopBodyOf(event) });
    const report: StopReport = {
      run: await viewOf(dependencies, query),
      inFlight: await inFlight(dependencies, query, record),
    };
    return jsonResponse(200, report);
  };

export const resumeRun =
  (dependencies: ApiDependencies): RouteHandler =>
  async ({ event, tenant, parameter: run }) => {
    refuseParameters(event);
    const query = { run, tenant };
    await resume(dependencies, { ...query, body: resumeBodyOf(event) });
    const location = `${upTo(event, 1)}${run}`;
    return jsonResponse(202, await viewOf(dependencies, query), { location });
  };

export const forkRun =
  (dependencies: ApiDependencies): RouteHandler =>
  async ({ event, tenant, parameter }) => {
    refuseParameters(event);
    const acceptance = await fork(dependencies, {
      run: parameter,
      tenant,
      body: forkBodyOf(event),
      idempotencyKey: idempotencyKeyOf(event),
      traceparent: traceparentHeaderOf(event),
    });
    if (acceptance.kind === 'conflict') {
      throw new RequestRefusedError(
        'idempotency-conflict',
        'The Idempotency-Key was used for another fork of this run; send the body of then, or use another key.',
      );
    }
    const { run } = acceptance.record;
    const location = `${upTo(event, 1)}${run}`;
    return jsonResponse(202, await viewOf(dependencies, { run, tenant }), { location });
  };

const viewOf = async (dependencies: ApiDependencies, query: RunQuery): Promise<RunView> =>
  known(await readView(dependencies, query), query.run);

/** The way up from the request's path: only the caller knows under which host and stage the API is reached. */
const upTo = ({ path }: ApiRequest['event'], levels: number): string =>
  '../'.repeat(levels + (path.endsWith('/') ? 1 : 0));

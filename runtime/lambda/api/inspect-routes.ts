/** The routes that look closer at a run: its trace, its large outputs, what another run did differently. */
import { traceOf } from '../../core/trace.ts';
import type { ApiDependencies, RouteHandler } from './dependencies.ts';
import { known, RequestRefusedError } from './problem.ts';
import { generationQueryOf, partQueryOf, refuseParameters } from './query.ts';
import { readDiff } from './read-diff.ts';
import { readPayloadPart } from './read-payloads.ts';
import { readEvents } from './read-run.ts';
import { jsonResponse } from './response.ts';
import { recordOf } from './run-record.ts';

export const getTrace =
  (dependencies: ApiDependencies): RouteHandler =>
  async ({ event, tenant, parameter: run }) => {
    const gen = generationQueryOf(event);
    const events = known(await readEvents(dependencies, { run, tenant }), run);
    const trace = traceOf(events, dependencies.system.now(), gen);
    if (trace === null) throw unknownGeneration(run, gen);
    return jsonResponse(200, trace);
  };

export const getPayload =
  (dependencies: ApiDependencies): RouteHandler =>
  async ({ event, tenant, parameter: run, second: sha256 }) => {
    const part = partQueryOf(event);
    const record = await recordOf(dependencies, { run, tenant });
    return jsonResponse(200, await readPayloadPart(dependencies, record, { sha256, part }));
  };

export const getDiff =
  (dependencies: ApiDependencies): RouteHandler =>
  async ({ event, tenant, parameter: run, second: other }) => {
    refuseParameters(event);
    const diff = await readDiff(dependencies, { tenant, runs: [run, other] });
    return jsonResponse(200, diff);
  };

const unknownGeneration = (run: string, gen: number | undefined): RequestRefusedError =>
  new RequestRefusedError(
    'parameter-invalid',
    `Run ${run} has no generation ${gen}; GET /runs/${run} lists those that there are.`,
  );

/** The routes of operators: the fleet, and the quotas that it stands in line for. */
import type { QuotaList } from '../../contracts/api.ts';
import type { QuotaView } from '../../contracts/fleet.ts';
import type { QuotaLimits, QuotaRecord } from '../../contracts/quota.ts';
import { bucketLimits, newBucket, ordered, type QuotaOrder } from '../../core/quota-limits.ts';
import { quotaViewOf, quotaViews } from '../../core/quota-view.ts';
import { ContentionError } from '../attempt-errors.ts';
import { Admissions } from './admissions.ts';
import { quotaBodyOf } from './change-request.ts';
import type { ApiDependencies, RouteHandler } from './dependencies.ts';
import { quoted, RequestRefusedError } from './problem.ts';
import { refuseParameters } from './query.ts';
import { readFleet } from './read-fleet.ts';
import { jsonResponse } from './response.ts';

export const getFleet = (dependencies: ApiDependencies): RouteHandler => {
  const admissions = new Admissions(dependencies);
  return async ({ event }) => {
    refuseParameters(event);
    return jsonResponse(200, await readFleet(dependencies, admissions));
  };
};

export const listQuotas =
  ({ quotas, quotaLimits, system }: ApiDependencies): RouteHandler =>
  async ({ event }) => {
    refuseParameters(event);
    const records = await quotas.list(Object.keys(quotaLimits));
    const list: QuotaList = { quotas: quotaViews(records, quotaLimits, system.now()) };
    return jsonResponse(200, list);
  };

export const changeQuota =
  (dependencies: ApiDependencies): RouteHandler =>
  async ({ event, parameter: quota }) => {
    refuseParameters(event);
    const order = quotaBodyOf(event);
    const limits = knownLimits(dependencies, quota);
    const record = await carryOut(dependencies, { quota, limits, order });
    const view: QuotaView = quotaViewOf(record, limits, dependencies.system.now());
    return jsonResponse(200, view);
  };

/** @throws RequestRefusedError for a quota that the stage's configuration does not have. */
function knownLimits({ quotaLimits }: ApiDependencies, quota: string): QuotaLimits {
  const limits = Object.hasOwn(quotaLimits, quota) ? quotaLimits[quota] : undefined;
  if (limits) return limits;
  const known = Object.keys(quotaLimits).sort().join(', ') || 'none';
  throw new RequestRefusedError(
    'quota-unknown',
    `There is no quota ${quoted(quota)}; the stage has: ${known}. infra/config.ts declares them.`,
  );
}

/** A bucket changes once a second at most, by its pace: losing that race so often means that something else is wrong. */
const MAX_ROUNDS = 10;

/** Gives the bucket as it is with the order. */
async function carryOut(
  { quotas, system }: ApiDependencies,
  asked: {
    readonly quota: string;
    readonly limits: QuotaLimits;
    readonly order: QuotaOrder;
  },
): Promise<QuotaRecord> {
  const { quota, limits, order } = asked;
  const configuration = bucketLimits(limits, undefined);
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const nowMs = system.now();
    const [before = null] = await quotas.read([{ quota }]);
    const bucket = before ?? { ...newBucket({ quota }, configuration, nowMs), ver: 0 };
    const record = ordered(bucket, order, { configuration, nowMs });
    const put = await quotas.change({ record, before });
    if (put.kind === 'written') return record;
  }
  throw new ContentionError(`the bucket of quota ${quota} changed under ${MAX_ROUNDS} orders`);
}

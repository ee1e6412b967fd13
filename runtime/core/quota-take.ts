/**
 * How calls take their places in a bucket: one conditional write, made from the record that was seen last.
 *
 * Job: a table's update knows no maximum of two values, so whether a line has places ahead of its clock
 * is guessed from that record. A wrong guess changes nothing and brings the record as it is.
 * Boundary: pure; a closed bucket gives no places (`quota-outage.ts`), and is not asked here.
 *
 * Invariants
 * K1. A call that could not end by its deadline takes no place in a line that others wait in: it would keep
 *     them from theirs. Where nobody waits it is made: else nobody found out that calls are fast again.
 * K2. A place that is taken and never used costs its turn and nothing else.
 */
import type { CallLine, QuotaPlace, QuotaRecord } from '../contracts/quota.ts';
import type { LineTake, QuotaTake } from '../ports.ts';
import { dueAtMs, type Lane, laneClock, laneNext, lastPlace, slackOf } from './quota-line.ts';

/** So much of a typical call's duration is kept free before the deadline: most calls take no longer. */
const CALL_ALLOWANCE = 1.3;

/** Calls at once when nothing else is configured: two are within every provider's own burst that we know of. */
const DEFAULT_BURST = 2;

/** What a call wants of one bucket. */
export interface PlaceRequest {
  readonly workflow: string;
  /** `fast`: ahead of the others, if there are any. */
  readonly lane: Lane;
  /** Epoch milliseconds by which the call must have ended. */
  readonly deadlineMs: number;
  /** Tokens to reserve, where they are limited. */
  readonly tokens: number;
}

type TakePlan =
  | { readonly kind: 'take'; readonly take: QuotaTake }
  /** The next place comes due when the call could not end in time any more. */
  | { readonly kind: 'too-late'; readonly dueAtMs: number };

/** Calls of one workflow that line up for one lane together: they get places one behind the other. */
export type Block = readonly [PlaceRequest, ...PlaceRequest[]];

export function planTake(record: QuotaRecord, block: Block, nowMs: number): TakePlan {
  const lane = laneOf(record, block[0], nowMs);
  const first = nextPlace(record, lane, nowMs);
  const taken = { calls: 0, tokens: 0 };
  /** The last place at which the whole block may begin, in each line. */
  const last = { calls: Number.POSITIVE_INFINITY, tokens: Number.POSITIVE_INFINITY };
  const lastOf = (line: CallLine, limitMs: number, cost: number): number =>
    lastPlace(line, lane, limitMs, slack(record, lane, cost));
  for (const { tokens, deadlineMs } of block) {
    const limitMs = latestMs(record, deadlineMs, nowMs);
    const dueAtMs = placeDueAtMs(record, behind(first, taken), tokens);
    if (Math.max(dueAtMs, nowMs) > limitMs) return { kind: 'too-late', dueAtMs };
    last.calls = Math.min(last.calls, lastOf(record.requests, limitMs, 1) - taken.calls);
    if (record.tokens) {
      last.tokens = Math.min(last.tokens, lastOf(record.tokens, limitMs, tokens) - taken.tokens);
    }
    taken.calls += 1;
    taken.tokens += tokens;
  }
  const lineTake = (line: CallLine, cost: number, beginsBy: number): LineTake => {
    const clock = laneClock(line, lane, nowMs);
    const guess = laneNext(line, lane) < clock ? 'idle' : 'busy';
    return { cost, guess, clock, last: beginsBy };
  };
  const { quota, tenant, ver, requests, tokens } = record;
  return {
    kind: 'take',
    take: {
      ...(tenant === undefined ? { quota } : { quota, tenant }),
      ver,
      workflow: block[0].workflow,
      lane,
      requests: lineTake(requests, taken.calls, last.calls),
      ...(tokens && { tokens: lineTake(tokens, taken.tokens, last.tokens) }),
    },
  };
}

/** The place so many calls and tokens behind another one. */
const behind = (
  place: QuotaPlace,
  { calls, tokens }: { readonly calls: number; readonly tokens: number },
): QuotaPlace => ({
  ...place,
  request: place.request + calls,
  ...(place.token !== undefined && { token: place.token + tokens }),
});

/** When a call must have begun to end by its deadline; now, if that has not come yet (K1). */
export function latestMs(record: QuotaRecord, deadlineMs: number, nowMs: number): number {
  const beginMs = deadlineMs - allowanceMs(record);
  return nowMs < deadlineMs ? Math.max(nowMs, beginMs) : beginMs;
}

/** What a call most probably takes at most, in milliseconds. */
export const allowanceMs = ({ callMs = 0 }: QuotaRecord): number => CALL_ALLOWANCE * callMs;

/** When the place that the call would be given now comes due; it may be over. */
export const nextDueAtMs = (record: QuotaRecord, request: PlaceRequest, nowMs: number): number =>
  placeDueAtMs(record, nextPlace(record, laneOf(record, request, nowMs), nowMs), request.tokens);

/** The places that a block was given, in its order, out of the record as it is after the take. */
export function takenPlaces(
  take: QuotaTake,
  block: Block,
  after: QuotaRecord,
): readonly QuotaPlace[] {
  const first = takenPlace(take, after);
  let tokens = 0;
  return block.map((request, calls) => {
    const place = behind(first, { calls, tokens });
    tokens += request.tokens;
    return place;
  });
}

/** The first place that a take was given, out of the record as it is after it. */
export function takenPlace(take: QuotaTake, after: QuotaRecord): QuotaPlace {
  const lane = take.lane ?? 'main';
  const token =
    take.tokens &&
    after.tokens &&
    laneNext(after.tokens, lane) - take.tokens.cost + (take.returnedTokens ?? 0);
  return placeAt(after, lane, laneNext(after.requests, lane) - take.requests.cost, token);
}

/**
 * When a place comes due as the bucket is now; it may be over. The later one of its lines decides.
 * @param tokens that were reserved with it
 */
export function placeDueAtMs(record: QuotaRecord, place: QuotaPlace, tokens: number): number {
  const lane = place.lane ?? 'main';
  const dueAt = (line: CallLine, mark: number, cost: number): number =>
    dueAtMs(line, lane, mark, slack(record, lane, cost));
  const requestMs = dueAt(record.requests, place.request, 1);
  return record.tokens && place.token !== undefined
    ? Math.max(requestMs, dueAt(record.tokens, place.token, tokens))
    : requestMs;
}

/** Ahead of the others only if there are any: a place that is due at once pushes nobody. */
const laneOf = (record: QuotaRecord, { lane, tokens }: PlaceRequest, nowMs: number): Lane =>
  lane === 'fast' && placeDueAtMs(record, nextPlace(record, 'main', nowMs), tokens) > nowMs
    ? 'fast'
    : 'main';

function nextPlace(record: QuotaRecord, lane: Lane, nowMs: number): QuotaPlace {
  const next = (line: CallLine): number =>
    Math.max(laneNext(line, lane), laneClock(line, lane, nowMs));
  return placeAt(record, lane, next(record.requests), record.tokens && next(record.tokens));
}

const placeAt = (
  { quota, tenant, epoch }: QuotaRecord,
  lane: Lane,
  request: number,
  token: number | undefined,
): QuotaPlace => ({
  quota,
  ...(tenant !== undefined && { tenant }),
  epoch,
  request,
  ...(token !== undefined && { token }),
  ...(lane === 'fast' && { lane }),
});

const slack = ({ limits }: QuotaRecord, lane: Lane, cost: number): number =>
  slackOf(lane, limits.burst ?? DEFAULT_BURST, cost);

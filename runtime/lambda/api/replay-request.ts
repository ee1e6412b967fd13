/** Reads what a request to replay, rebuild or drain says. */
import type { APIGatewayProxyEvent } from 'aws-lambda';
import * as z from 'zod/mini';
import type { FieldProblem } from '../../contracts/api.ts';
import { CONSUMERS, REPLAYABLE, type ReplayableConsumer } from '../../contracts/consumers.ts';
import { isReplayable, type ReplayOrder } from '../../contracts/replay.ts';
import { isoTime } from '../../core/iso-time.ts';
import { bodyOf, bodyRefused } from './change-request.ts';
import { quoted, RequestRefusedError } from './problem.ts';
import { instantOf } from './request.ts';

const RATE = { default: 100, max: 1000 } as const;
const text = z.string().check(z.minLength(1), z.maxLength(128));

const ReplayBody = z.strictObject({
  from: z.string(),
  to: z.exactOptional(z.string()),
  run: z.exactOptional(text),
  type: z.exactOptional(text),
  rule: z.exactOptional(text),
  rate: z._default(z.number().check(z.gte(1), z.lte(RATE.max)), RATE.default),
  dryRun: z._default(z.boolean(), false),
  effects: z._default(z.boolean(), false),
});
const LanesBody = z.strictObject({ run: z.exactOptional(text) });
const RebuildBody = z.strictObject({
  rate: z._default(z.number().check(z.gte(1), z.lte(RATE.max)), RATE.max),
});

/** @throws RequestRefusedError for a consumer that cannot be replayed. */
export function replayableOf(name: string): ReplayableConsumer {
  if (isReplayable(name)) return name;
  const why = Object.hasOwn(CONSUMERS, name)
    ? 'cannot be replayed: the past comes from it'
    : 'is no consumer';
  throw new RequestRefusedError(
    'consumer-unknown',
    `${quoted(name)} ${why}; allowed: ${REPLAYABLE.join(', ')}`,
  );
}

/** @throws RequestRefusedError naming the fields and what is allowed. */
export function replayOrderOf(
  event: APIGatewayProxyEvent,
  consumer: ReplayableConsumer,
  nowMs: number,
): ReplayOrder {
  const { from, to, rate, dryRun, effects, rule, ...filter } = bodyOf(ReplayBody, event);
  const [fromMs, toMs] = [instantOf(from), to === undefined ? nowMs : instantOf(to)];
  const problems = [
    ...problemIf(fromMs === null, 'from', `is no instant; allowed: ${INSTANT}`),
    ...problemIf(toMs === null, 'to', `is no instant; allowed: ${INSTANT}`),
    ...problemIf((toMs ?? 0) > nowMs, 'to', 'lies in the future; allowed: an instant in the past'),
    ...problemIf(
      fromMs !== null && toMs !== null && fromMs >= toMs,
      'from',
      `is not before the end, ${isoTime(toMs ?? 0)}`,
    ),
    ...problemIf(
      consumer !== 'router' && rule !== undefined,
      'rule',
      'is for the router: only it has rules',
    ),
    ...problemIf(
      consumer !== 'router' && effects,
      'effects',
      'is for the router: nothing else changes the world outside',
    ),
  ];
  if (problems.length > 0) throw bodyRefused(problems);
  return {
    ...filter,
    consumer,
    from: isoTime(fromMs ?? 0),
    to: isoTime(toMs ?? 0),
    rate,
    hasEffects: effects,
    isDryRun: dryRun,
    ...(rule !== undefined && { rule }),
  };
}

const INSTANT = 'an instant with its offset, like 2026-11-24T13:05:00Z';

const problemIf = (isWrong: boolean, field: string, problem: string): readonly FieldProblem[] =>
  isWrong ? [{ field, problem }] : [];

export const lanesBodyOf = (event: APIGatewayProxyEvent): z.output<typeof LanesBody> =>
  bodyOf(LanesBody, event);

export const rebuildBodyOf = (event: APIGatewayProxyEvent): z.output<typeof RebuildBody> =>
  bodyOf(RebuildBody, event);

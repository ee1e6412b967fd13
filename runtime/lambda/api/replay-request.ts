/** Reads what a request to replay, rebuild or drain says. */
import type { APIGatewayProxyEvent } from 'aws-lambda';
import * as z from 'zod/mini';
import type { FieldProblem } from '../../contracts/api.ts';
import { CONSUMERS, REPLAYABLE, type ReplayableConsumer } from '../../contracts/consumers.ts';
import { isReplayable, type ReplayOrder } from '../../contracts/replay.ts';
import { isoTime } from '../../core/iso-time.ts';
import { bodyOf, bodyRefused } from './change-request.ts';
import { gotOf } from './field-problems.ts';
import { quoted, RequestRefusedError } from './problem.ts';
import { instantOf } from './request.ts';

const RATE = { default: 100, max: 1000 } as const;
const rate = z
  .number({ error: sayRate })
  .check(z.gte(1, { error: sayRate }), z.lte(RATE.max, { error: sayRate }));
const text = z.string().check(z.minLength(1), z.maxLength(128));

const ReplayBody = z.strictObject({
  from: z.string(),
  to: z.exactOptional(z.string()),
  run: z.exactOptional(text),
  type: z.exactOptional(text),
  rule: z.exactOptional(text),
  rate: z._default(rate, RATE.default),
  dryRun: z._default(z.boolean(), false),
  effects: z._default(z.boolean(), false),
});
const LanesBody = z.strictObject({ run: z.exactOptional(text) });
const RebuildBody = z.strictObject({
  rate: z._default(rate, RATE.max),
});

/** Events per second; a bound alone would hide the other one. */
function sayRate({ input }: { readonly input?: unknown }): string {
  return `${gotOf(input)}; allowed: a number from 1 to ${RATE.max}`;
}

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

/** @throws RequestRefusedError naming the fields, what was got and what is allowed. */
export function replayOrderOf(
  event: APIGatewayProxyEvent,
  consumer: ReplayableConsumer,
  nowMs: number,
): ReplayOrder {
  const { from, to, rate, dryRun, effects, rule, ...filter } = bodyOf(ReplayBody, event);
  const [fromMs, toMs] = [instantOf(from), to === undefined ? nowMs : instantOf(to)];
  const problems = [
    ...problemIf(fromMs === null, 'from', from, INSTANT),
    ...problemIf(toMs === null, 'to', to, INSTANT),
    ...rangeProblems({ from, to, fromMs: fromMs ?? 0, toMs: toMs ?? nowMs }, nowMs),
    ...(consumer === 'router' ? [] : routerProblems(rule, effects)),
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

const problemIf = (
  isWrong: boolean,
  field: string,
  got: unknown,
  allowed: string,
): readonly FieldProblem[] =>
  isWrong ? [{ field, problem: `${gotOf(got)}; allowed: ${allowed}` }] : [];

/** The past is what lies between two instants of it, in their order. */
function rangeProblems(
  range: {
    readonly from: string;
    readonly to: string | undefined;
    readonly fromMs: number;
    readonly toMs: number;
  },
  nowMs: number,
): readonly FieldProblem[] {
  const { from, to, fromMs, toMs } = range;
  const end = toMs < nowMs ? `the end, ${isoTime(toMs)}` : `now, ${isoTime(nowMs)}`;
  return [
    ...problemIf(fromMs >= Math.min(toMs, nowMs), 'from', from, `an instant before ${end}`),
    ...problemIf(toMs > nowMs, 'to', to, `an instant until now, ${isoTime(nowMs)}`),
  ];
}

const routerProblems = (rule: string | undefined, effects: boolean): readonly FieldProblem[] => [
  ...problemIf(rule !== undefined, 'rule', rule, 'no rule: only the router has rules'),
  ...problemIf(effects, 'effects', effects, 'false: only the router changes the world outside'),
];

export const lanesBodyOf = (event: APIGatewayProxyEvent): z.output<typeof LanesBody> =>
  bodyOf(LanesBody, event);

export const rebuildBodyOf = (event: APIGatewayProxyEvent): z.output<typeof RebuildBody> =>
  bodyOf(RebuildBody, event);

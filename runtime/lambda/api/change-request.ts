/**
 * Reads what a request to stop, resume or fork a run, to decide an approval, to redrive a dead letter, or to change a quota says in
 * its body.
 *
 * Invariant Q2: everything that is wrong with the body is told at once, field by field.
 */
import type { APIGatewayProxyEvent } from 'aws-lambda';
import * as z from 'zod/mini';
import type { FieldProblem } from '../../contracts/api.ts';
import { QuotaLimitsSchema } from '../../contracts/quota.ts';
import { STEP_PATH_MAX_LENGTH } from '../../contracts/step-path.ts';
import { refusedParts } from '../../core/input-check.ts';
import { fieldProblems, OUR_WORDS } from './field-problems.ts';
import { RequestRefusedError } from './problem.ts';
import { optionalBodyOf } from './request.ts';

const generation = z._default(z.nullable(z.int().check(z.nonnegative())), null);
const reason = z._default(z.string().check(z.maxLength(500)), '');
const path = z.string().check(z.minLength(1), z.maxLength(STEP_PATH_MAX_LENGTH));
const patches = z._default(z.record(path, z.unknown()), {});

const StopBody = z.strictObject({ generation, reason });
const ResumeBody = z.strictObject({
  generation,
  patches,
  reason,
});
const ForkBody = z.strictObject({
  from: z._default(z.nullable(path), null),
  patches,
  liveEffects: z._default(z.boolean(), false),
});
const ApprovalBody = z.strictObject({
  decision: z.string().check(z.minLength(1), z.maxLength(40)),
  note: z.optional(z.string().check(z.maxLength(2000))),
  by: z.optional(z.string().check(z.minLength(1), z.maxLength(200))),
});
const RedriveBody = z.strictObject({ input: z.optional(z.unknown()), reason });
const { requestsPerSecond, tokensPerMinute, burst } = QuotaLimitsSchema.shape;
const QuotaBody = z.strictObject({
  requestsPerSecond: z.exactOptional(requestsPerSecond),
  tokensPerMinute,
  burst,
  paused: z.exactOptional(z.boolean()),
  reset: z.exactOptional(z.literal(true)),
});

type Body<S extends z.ZodMiniObject> = (event: APIGatewayProxyEvent) => z.output<S>;

/** @throws RequestRefusedError naming the fields and what is allowed. */
export const stopBodyOf: Body<typeof StopBody> = (event) => bodyOf(StopBody, event);
export const resumeBodyOf: Body<typeof ResumeBody> = (event) => bodyOf(ResumeBody, event);
export const forkBodyOf: Body<typeof ForkBody> = (event) => bodyOf(ForkBody, event);
export const approvalBodyOf: Body<typeof ApprovalBody> = (event) => bodyOf(ApprovalBody, event);
export const redriveBodyOf: Body<typeof RedriveBody> = (event) => bodyOf(RedriveBody, event);

/** @throws RequestRefusedError also for a body that orders nothing. */
export const quotaBodyOf: Body<typeof QuotaBody> = (event) => {
  const order = bodyOf(QuotaBody, event);
  if (Object.keys(order).length > 0) return order;
  const problem = `nothing is ordered; allowed: ${Object.keys(QuotaBody.shape).join(', ')}`;
  throw bodyRefused([{ field: '$', problem }]);
};

/** The body as its schema makes it. @throws RequestRefusedError */
export function bodyOf<S extends z.ZodMiniObject>(
  schema: S,
  event: APIGatewayProxyEvent,
): z.output<S> {
  const sent = optionalBodyOf(event);
  const refused = refusedParts(sent);
  if (refused.length > 0) throw bodyRefused(refused);
  const parsed = z.safeParse(schema, sent, OUR_WORDS);
  if (parsed.success) return parsed.data;
  throw bodyRefused(fieldProblems(parsed.error.issues));
}

export const bodyRefused = (errors: readonly FieldProblem[]): RequestRefusedError =>
  new RequestRefusedError(
    'request-invalid',
    `The body does not fit the route: see ${errors.map(({ field }) => field).join(', ')}`,
    { errors },
  );

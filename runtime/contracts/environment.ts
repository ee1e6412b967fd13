/**
 * The environment of every function: the one contract between infra and runtime.
 *
 * Constructs build `environment` from these types, functions parse it with these schemas, so a
 * missing variable is a type error at synth and a named error at cold start.
 */
import * as z from 'zod/mini';
import { EnvironmentError } from './errors.ts';

const text = z.string().check(z.minLength(1));

const platform = {
  STAGE: text,
  LEDGER_TABLE_NAME: text,
  EVENT_STREAM_NAME: text,
};

export const AgentEnvironmentSchema = z.object({
  ...platform,
  QUEUE_URL: text,
  LIMITS_TABLE_NAME: text,
  /** JSON: limits of the contract's quotas, by name. */
  QUOTAS: text,
  PAYLOAD_BUCKET_NAME: text,
  MODEL_PROVIDER: z.enum(['openai-compatible', 'bedrock']),
  /** Model id as the provider spells it. */
  MODEL_ID: text,
  /** Base URL of the OpenAI-compatible endpoint, `…/v1`; needed for that provider only. */
  MODEL_BASE_URL: z.optional(z.url()),
  /** JSON: what the model costs (`ModelPrice`), where the stage's configuration says so. */
  MODEL_USD_PER_MILLION_TOKENS: z.optional(text),
});
export type AgentEnvironment = z.infer<typeof AgentEnvironmentSchema>;

export const ApiEnvironmentSchema = z.object({
  ...platform,
  READ_MODEL_TABLE_NAME: text,
  PAYLOAD_BUCKET_NAME: text,
  /** `arn:…:stateMachine:signalbox-<stage>-`; the workflow's name follows. */
  STATE_MACHINE_ARN_PREFIX: text,
  /** JSON: deployed workflow name → hash of its definition. */
  WORKFLOWS: text,
  /** JSON: name of deployed subscriptions → hash of their rules. */
  SUBSCRIPTIONS: text,
  /** JSON: name of deployed subscriptions → names of their rules. */
  RULES: text,
  /** JSON: name of a deployed workflow, or of subscriptions → names of its agents. */
  AGENTS: text,
  /** JSON: deployed workflow name → quota → calls that a run is expected to make, until they are counted. */
  EXPECTED_CALLS: text,
  /** `https://…/signalbox-<stage>-`; the agent's name follows. */
  QUEUE_URL_PREFIX: text,
  LIMITS_TABLE_NAME: text,
  /** JSON: limits of all quotas, by name. */
  QUOTAS: text,
});
export type ApiEnvironment = z.infer<typeof ApiEnvironmentSchema>;

export const ArchiverEnvironmentSchema = z.object({
  STAGE: text,
  /** Its checkpoints are kept there. */
  LEDGER_TABLE_NAME: text,
  ARCHIVE_BUCKET_NAME: text,
});
export type ArchiverEnvironment = z.infer<typeof ArchiverEnvironmentSchema>;

const replayable = {
  ...platform,
  ARCHIVE_BUCKET_NAME: text,
  /** Of the consumer's own orders to replay. */
  REPLAY_QUEUE_URL: text,
};

/** Of every consumer that the past can be fed to. */
export const ReplayableEnvironmentSchema = z.object(replayable);
export type ReplayableEnvironment = z.infer<typeof ReplayableEnvironmentSchema>;

export const RebuildEnvironmentSchema = z.object({
  ...replayable,
  READ_MODEL_TABLE_NAME: text,
  /** `signalbox-<stage>-`; the short name of a table follows. */
  TABLE_NAME_PREFIX: text,
});
export type RebuildEnvironment = z.infer<typeof RebuildEnvironmentSchema>;

export const ProjectorEnvironmentSchema = z.object({
  ...replayable,
  READ_MODEL_TABLE_NAME: text,
  /** Samples of the stages are kept there. */
  LIMITS_TABLE_NAME: text,
});
export type ProjectorEnvironment = z.infer<typeof ProjectorEnvironmentSchema>;

export const ExporterEnvironmentSchema = z.object({
  ...replayable,
  LIFECYCLE_BUS_NAME: text,
  MODEL_PROVIDER: z.enum(['openai-compatible', 'bedrock']),
  /** Where traces go; without it there are none. */
  OTEL_EXPORTER_OTLP_ENDPOINT: z.optional(z.url()),
  /** `name=value,…`, values percent-encoded. */
  OTEL_EXPORTER_OTLP_HEADERS: z.optional(text),
});
export type ExporterEnvironment = z.infer<typeof ExporterEnvironmentSchema>;

export const RouterEnvironmentSchema = z.object({
  ...replayable,
  /** The name of an agent, or of the timers, follows. */
  QUEUE_URL_PREFIX: text,
  /** JSON: the subscriptions (`DeployedSubscriptions`), with their rules. */
  SUBSCRIPTIONS: text,
});
export type RouterEnvironment = z.infer<typeof RouterEnvironmentSchema>;

/** Of functions of the platform that keep what they keep in the ledger, and tell the stream of it. */
export const PlatformEnvironmentSchema = z.object(platform);
export type PlatformEnvironment = z.infer<typeof PlatformEnvironmentSchema>;

export const ReconcileEnvironmentSchema = z.object({
  ...platform,
  TIMERS_QUEUE_URL: text,
  /** `arn:…:stateMachine:signalbox-<stage>-`; the workflow's name follows. */
  STATE_MACHINE_ARN_PREFIX: text,
});
export type ReconcileEnvironment = z.infer<typeof ReconcileEnvironmentSchema>;

export const DeadLetterEnvironmentSchema = z.object({
  ...platform,
  /** The name of an agent follows. */
  QUEUE_URL_PREFIX: text,
  /** How long an event can be read from the stream. */
  STREAM_RETENTION_HOURS: z.coerce.number().check(z.positive()),
});
export type DeadLetterEnvironment = Record<
  keyof z.infer<typeof DeadLetterEnvironmentSchema>,
  string
>;

/**
 * Parses a function's environment; further variables are left alone.
 * @throws EnvironmentError naming each variable that is missing or wrong.
 */
export function readEnvironment<S extends z.ZodMiniType>(
  schema: S,
  variables: Readonly<Record<string, string | undefined>>,
): z.infer<S> {
  const parsed = z.safeParse(schema, variables);
  if (parsed.success) return parsed.data;
  const names = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new EnvironmentError(`the function's environment is wrong: ${names.join('; ')}`);
}

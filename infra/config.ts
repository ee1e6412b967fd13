/**
 * What differs between stages, and nothing else.
 *
 * Job: one typed value per stage, parsed before anything is built, so that a typo is refused at synth
 * by name (Node strips types without checking them).
 * Boundary: no CDK here; the command line imports this too.
 */
import * as z from 'zod';
import { ModelPriceSchema } from '#runtime/contracts/budget.ts';
import { DefinitionError } from '#runtime/contracts/errors.ts';
import { QuotasSchema } from '#runtime/contracts/quota.ts';

export const STAGES = ['local', 'dev', 'prod'] as const;
export type Stage = (typeof STAGES)[number];

/** The only retention times that CloudWatch Logs takes, in days, up to a year. */
const LOG_RETENTION_DAYS = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365] as const;

/** What the model costs: shown with runs, and what budgets in dollars are counted with. */
const usdPerMillionTokens = z.exactOptional(ModelPriceSchema);

const ModelSchema = z.discriminatedUnion('provider', [
  z.strictObject({
    provider: z.literal('bedrock'),
    /** A foundation model's id or an inference profile's, such as `eu.…` or `global.…`. */
    id: z.string().min(1),
    usdPerMillionTokens,
  }),
  z.strictObject({
    provider: z.literal('openai-compatible'),
    id: z.string().min(1),
    /** `…/v1` */
    baseUrl: z.url(),
    usdPerMillionTokens,
  }),
]);

const StageConfigSchema = z.strictObject({
  /** Who may call the API: whoever reaches it, or whom IAM allows (SigV4). */
  auth: z.enum(['none', 'iam']),
  /** The model that agents ask unless a call names another one of the same provider. */
  model: ModelSchema,
  /** Tables, stream, bucket and dead letters outlive their stack, which refuses to be deleted. */
  retainData: z.boolean(),
  logRetentionDays: z.literal(LOG_RETENTION_DAYS),
  stream: z.strictObject({
    /** `provisioned` is one shard: 1 MB/s or 1,000 events/s, the cheapest. `on-demand` grows. */
    mode: z.enum(['on-demand', 'provisioned']),
    /** How long a consumer may be away; the archive keeps events for longer. */
    retentionHours: z.int().min(24).max(8760),
  }),
  /** Of outputs that travel by reference: no run may live longer. */
  payloadRetentionDays: z.int().min(1),
  /** Of events in the archive: how far back a consumer can be replayed and a read model be rebuilt. */
  archiveRetentionDays: z.int().min(1),
  /** The read model that is shown, by its short name: one that `signalbox consumers rebuild` has made. @default `read-model` */
  readModelTable: z.exactOptional(z.string().regex(/^read-model-\d{14}$/)),
  /** Most invocations of one agent at once, each working on up to `batchSize` messages. */
  agentConcurrency: z.int().min(2).max(1000),
  /**
   * Shared rates by name; agents' contracts name those that their calls line up for. Changed at run time
   * with `signalbox quotas set`.
   */
  quotas: QuotasSchema,
  api: z.strictObject({
    requestsPerSecond: z.number().positive(),
    burst: z.int().positive(),
  }),
  /** Where the exporter sends traces: a receiver of OTLP over HTTP. Headers are no place for secrets: whoever may read the function's configuration reads them. */
  telemetry: z.strictObject({
    /** Without path: `/v1/traces` follows. Without an endpoint no traces are sent. */
    otlpEndpoint: z.exactOptional(z.url()),
    otlpHeaders: z.exactOptional(z.record(z.string().regex(/^[\w-]+$/), z.string())),
  }),
  /** Further variables for every user agent. */
  agentEnvironment: z.record(z.string().regex(/^[A-Z][A-Z0-9_]*$/), z.string()),
});
export type StageConfig = z.infer<typeof StageConfigSchema>;

/** Claude Haiku 4.5, list price on Bedrock's global endpoint; change it with the model. */
const HAIKU_USD = { input: 1, output: 5 };

const CONFIG: Readonly<Record<Stage, StageConfig>> = {
  local: {
    auth: 'none',
    model: {
      provider: 'openai-compatible',
      id: 'signalbox-extractive',
      baseUrl: 'http://127.0.0.1:4010/v1',
      // It costs nothing; priced as the model of the other stages, so that costs are seen here, too.
      usdPerMillionTokens: HAIKU_USD,
    },
    retainData: false,
    logRetentionDays: 1,
    stream: { mode: 'provisioned', retentionHours: 24 },
    payloadRetentionDays: 365,
    archiveRetentionDays: 365,
    agentConcurrency: 5,
    // Beyond what one machine works through; a local service that limits its own rate gets less by 429s.
    quotas: {
      'model:default': { requestsPerSecond: 50, burst: 20 },
      crm: { requestsPerSecond: 20, burst: 5 },
    },
    api: { requestsPerSecond: 1000, burst: 1000 },
    telemetry: {},
    agentEnvironment: {},
  },
  dev: {
    auth: 'iam',
    model: {
      provider: 'bedrock',
      id: 'global.anthropic.claude-haiku-4-5-20251001-v1:0',
      usdPerMillionTokens: HAIKU_USD,
    },
    retainData: false,
    logRetentionDays: 14,
    stream: { mode: 'provisioned', retentionHours: 24 },
    payloadRetentionDays: 30,
    archiveRetentionDays: 90,
    agentConcurrency: 10,
    // To begin with: Service Quotas shows what the account has for its model ("InvokeModel tokens per
    // minute"), and your CRM's documentation what that takes. Too high costs a few 429s, as the pace
    // follows what is answered; too low leaves capacity unused.
    quotas: {
      'model:default': { requestsPerSecond: 4, tokensPerMinute: 200_000 },
      crm: { requestsPerSecond: 5 },
    },
    api: { requestsPerSecond: 20, burst: 40 },
    telemetry: {},
    // HELPDESK_URL of your ticket system and CRM_URL of your customer system go here: the support
    // workflow's open-ticket and lead qualification need them.
    agentEnvironment: {},
  },
  prod: {
    auth: 'iam',
    model: {
      provider: 'bedrock',
      id: 'global.anthropic.claude-haiku-4-5-20251001-v1:0',
      usdPerMillionTokens: HAIKU_USD,
    },
    retainData: true,
    logRetentionDays: 90,
    stream: { mode: 'on-demand', retentionHours: 168 },
    payloadRetentionDays: 365,
    archiveRetentionDays: 365,
    agentConcurrency: 50,
    // As for dev.
    quotas: {
      'model:default': { requestsPerSecond: 20, tokensPerMinute: 1_000_000 },
      crm: { requestsPerSecond: 10 },
    },
    api: { requestsPerSecond: 200, burst: 400 },
    telemetry: {},
    agentEnvironment: {},
  },
};

/** What a local deployment is told on the command line, because ports are chosen at start. */
export interface LocalOverrides {
  readonly modelBaseUrl?: string | undefined;
  readonly helpdeskUrl?: string | undefined;
  readonly crmUrl?: string | undefined;
  readonly calendarUrl?: string | undefined;
  readonly otlpEndpoint?: string | undefined;
}

/** @throws DefinitionError naming the stages there are. */
export function parseStage(stage: unknown): Stage {
  const found = STAGES.find((known) => known === stage);
  if (found === undefined) {
    throw new DefinitionError(
      `stage is ${JSON.stringify(stage)}; allowed: ${STAGES.join(', ')}. Choose one with -c stage=<stage>.`,
    );
  }
  return found;
}

/**
 * A stage's configuration.
 * @throws DefinitionError when the configuration is wrong, or overrides are given for a stage other than local.
 */
export function stageConfig(stage: Stage, overrides: LocalOverrides = {}): StageConfig {
  const config = CONFIG[stage];
  const given = Object.entries(overrides).filter(([, value]) => value !== undefined);
  if (given.length === 0) return parseConfig(stage, config);
  if (stage !== 'local') {
    throw new DefinitionError(
      `stage "${stage}" takes no ${given.map(([key]) => key).join(', ')} from the command line; allowed: stage local only. Put it into infra/config.ts.`,
    );
  }
  const { modelBaseUrl, helpdeskUrl, crmUrl, calendarUrl, otlpEndpoint } = overrides;
  return parseConfig(stage, {
    ...config,
    model: modelBaseUrl === undefined ? config.model : { ...config.model, baseUrl: modelBaseUrl },
    telemetry:
      otlpEndpoint === undefined ? config.telemetry : { ...config.telemetry, otlpEndpoint },
    agentEnvironment: {
      ...config.agentEnvironment,
      ...(helpdeskUrl === undefined ? {} : { HELPDESK_URL: helpdeskUrl }),
      ...(crmUrl === undefined ? {} : { CRM_URL: crmUrl }),
      ...(calendarUrl === undefined ? {} : { CALENDAR_URL: calendarUrl }),
    },
  });
}

/**
 * Checks a configuration.
 * @throws DefinitionError naming each key that is unknown, missing or wrong.
 */
export function parseConfig(stage: Stage, candidate: unknown): StageConfig {
  const parsed = StageConfigSchema.safeParse(candidate);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(
    ({ path, message }) => `${path.length > 0 ? `${path.join('.')}: ` : ''}${message}`,
  );
  throw new DefinitionError(
    `configuration of stage "${stage}" is wrong: ${problems.join('; ')}. Allowed keys: ${Object.keys(StageConfigSchema.shape).join(', ')}. See infra/config.ts.`,
  );
}

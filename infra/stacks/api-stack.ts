import { CfnOutput, Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import {
  AccessLogFormat,
  AuthorizationType,
  CfnRestApi,
  EndpointAccessMode,
  EndpointType,
  type GatewayResponseOptions,
  LambdaIntegration,
  LogGroupLogDestination,
  MethodLoggingLevel,
  ResponseType,
  RestApi,
  SecurityPolicy,
} from 'aws-cdk-lib/aws-apigateway';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { API_ROUTES } from '#runtime/contracts/api.ts';
import { REPLAYABLE, replayQueue } from '#runtime/contracts/consumers.ts';
import type { ApiEnvironment } from '#runtime/contracts/environment.ts';
import { PLATFORM_NAMES } from '#runtime/contracts/names.ts';
import type { DeployedSubscriptions } from '#runtime/contracts/subscriptions.ts';
import type { StageConfig } from '../config.ts';
import { Deployment } from '../constructs/deployment.ts';
import { LeanFunction, logRetention } from '../constructs/lean-function.ts';
import { orderReplays } from '../constructs/past-permissions.ts';
import {
  acknowledgeEveryExecution,
  acknowledgeEveryQueue,
  acknowledgeEveryWorkflow,
  acknowledgePayloads,
  answerTasks,
  changeQuotas,
  countMessages,
  describeRuns,
  dispatchTasksTo,
  keepAdmissions,
  measureLag,
  publishEvents,
  readMeter,
  readPayloads,
  readReadModel,
  scheduleRuns,
  startRuns,
  stopRuns,
  useLedger,
  wakeRuns,
} from '../constructs/permissions.ts';
import { platformEnvironment } from '../constructs/platform-environment.ts';
import type { DeployedWorkflow } from './workflows-stack.ts';

/** Whoever is told of the past. */
const REPLAY_QUEUES = [...REPLAYABLE.map(replayQueue), PLATFORM_NAMES.rebuildReadModel];

/** The gateway gives up after 29 s. */
const TIMEOUT_SECONDS = 29;
const STAGE_NAME = 'v1';

/** The front door: a REST API and the one function behind all of its routes. */
export class ApiStack extends Stack {
  readonly #deployment: Deployment;

  constructor(
    scope: Construct,
    workflows: readonly DeployedWorkflow[],
    subscriptions: readonly DeployedSubscriptions[] = [],
  ) {
    const deployment = Deployment.of(scope);
    super(deployment.home, deployment.name('api'), { description: 'Signalbox API' });
    this.#deployment = deployment;
    const api = this.#gateway();
    this.#addRoutes(api, this.#handler(workflows, subscriptions));
    new CfnOutput(this, 'ApiId', { value: api.restApiId });
    new CfnOutput(this, 'ApiStage', { value: STAGE_NAME });
    new CfnOutput(this, 'ApiUrl', { value: api.url });
  }

  #handler(
    workflows: readonly DeployedWorkflow[],
    subscriptions: readonly DeployedSubscriptions[],
  ): LeanFunction {
    const deployment = this.#deployment;
    const environment = {
      ...platformEnvironment(deployment),
      READ_MODEL_TABLE_NAME: deployment.name(deployment.readModel),
      PAYLOAD_BUCKET_NAME: deployment.payloadBucketName,
      STATE_MACHINE_ARN_PREFIX: deployment.stateMachineArnPrefix,
      WORKFLOWS: JSON.stringify(
        Object.fromEntries(
          workflows.map(({ contract, definitionVersion }) => [contract.name, definitionVersion]),
        ),
      ),
      SUBSCRIPTIONS: JSON.stringify(
        Object.fromEntries(subscriptions.map(({ name, version }) => [name, version])),
      ),
      RULES: JSON.stringify(
        Object.fromEntries(
          subscriptions.map(({ name, rules }) => [name, rules.map((rule) => rule.name)]),
        ),
      ),
      AGENTS: JSON.stringify(
        Object.fromEntries([
          ...workflows.map(({ contract, agents }) => [contract.name, agents]),
          ...subscriptions.map(({ name, rules }) => [name, agentsOf(rules)]),
        ]),
      ),
      EXPECTED_CALLS: JSON.stringify(
        Object.fromEntries(
          workflows.map(({ contract, expectedCalls }) => [contract.name, expectedCalls]),
        ),
      ),
      QUEUE_URL_PREFIX: deployment.queueUrl(''),
      LIMITS_TABLE_NAME: deployment.name(PLATFORM_NAMES.limits),
      QUOTAS: JSON.stringify(deployment.config.quotas),
    } satisfies ApiEnvironment;
    const handler = new LeanFunction(this, 'HandleApi', {
      name: PLATFORM_NAMES.api,
      description: 'Signalbox: the HTTP API',
      timeout: Duration.seconds(TIMEOUT_SECONDS),
      environment,
      permissions: [
        keepAdmissions(deployment),
        useLedger(deployment),
        answerTasks(deployment),
        readReadModel(deployment),
        scheduleRuns(deployment),
        startRuns(deployment),
        stopRuns(deployment),
        wakeRuns(deployment),
        describeRuns(deployment),
        changeQuotas(deployment),
        readMeter(deployment),
        countMessages(deployment),
        measureLag(deployment),
        ...orderReplays(deployment, REPLAY_QUEUES),
        ...dispatchTasksTo(deployment, reactingAgents(subscriptions)),
        ...publishEvents(deployment),
        ...readPayloads(deployment),
      ],
    });
    acknowledgeEveryWorkflow(handler.role, deployment);
    acknowledgeEveryExecution(handler.role, deployment);
    acknowledgePayloads(handler.role, deployment);
    acknowledgeEveryQueue(handler.role, deployment);
    return handler;
  }

  #gateway(): RestApi {
    const { config } = this.#deployment;
    const name = this.#deployment.name('api');
    const accessLog = new LogGroup(this, 'AccessLog', {
      logGroupName: `/aws/apigateway/${name}`,
      retention: logRetention(this.#deployment),
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const api = new RestApi(this, 'Api', {
      restApiName: name,
      description: 'Signalbox: start runs, watch them, read what happened',
      endpointTypes: [EndpointType.REGIONAL],
      defaultMethodOptions: {
        authorizationType: config.auth === 'iam' ? AuthorizationType.IAM : AuthorizationType.NONE,
      },
      deployOptions: {
        stageName: STAGE_NAME,
        throttlingRateLimit: config.api.requestsPerSecond,
        throttlingBurstLimit: config.api.burst,
        loggingLevel: MethodLoggingLevel.ERROR,
        accessLogDestination: new LogGroupLogDestination(accessLog),
        accessLogFormat: AccessLogFormat.jsonWithStandardFields(),
      },
      // The gateway logs under a role of the whole account and region, which has to exist once.
      cloudWatchRole: true,
      cloudWatchRoleRemovalPolicy: RemovalPolicy.RETAIN,
    });
    requireModernTls(api);
    answerProblems(api, config);
    api.node.tryRemoveChild('Endpoint'); // an output of RestApi's own; ApiUrl says the same
    acknowledge(api, config);
    return api;
  }

  #addRoutes(api: RestApi, handler: LeanFunction): void {
    // One permission for the whole API; one per method would grow the function's policy.
    const integration = new LambdaIntegration(handler.resource, { scopePermissionToMethod: false });
    for (const { method, path } of API_ROUTES) {
      api.root.resourceForPath(path).addMethod(method, integration);
    }
  }
}

/** Those whose dead reactions can be sent again. */
const reactingAgents = (subscriptions: readonly DeployedSubscriptions[]): string[] => [
  ...new Set(subscriptions.flatMap(({ rules }) => agentsOf(rules))),
];

const agentsOf = (rules: DeployedSubscriptions['rules']): string[] => [
  ...new Set(rules.map(({ agent }) => agent)),
];

/** What the gateway itself refuses has the shape of every other refusal (RFC 9457). */
function answerProblems(api: RestApi, { auth }: StageConfig): void {
  const answer = (
    slug: string,
    type: ResponseType,
    members: string,
    more: Pick<GatewayResponseOptions, 'statusCode' | 'responseHeaders'> = {},
  ) =>
    api.addGatewayResponse(slug, {
      type,
      ...more,
      responseHeaders: {
        'content-type': "'application/problem+json'",
        ...more.responseHeaders,
      },
      templates: {
        'application/json': `{"type":"https://signalbox.dev/problems/${slug}",${members}}`,
      },
    });
  const problem = (
    slug: string,
    type: ResponseType,
    members: { readonly status: number; readonly title: string; readonly detail: string },
    responseHeaders: Readonly<Record<string, string>> = {},
  ) =>
    answer(slug, type, JSON.stringify(members).slice(1, -1), {
      statusCode: String(members.status),
      responseHeaders,
    });
  const routes = `Routes: ${API_ROUTES.map(({ method, path }) => `${method} ${path}`).join(', ')}.`;
  // The gateway does not tell an unsigned request from one for a route that it does not have.
  problem(
    'no-such-route',
    ResponseType.MISSING_AUTHENTICATION_TOKEN,
    auth === 'none'
      ? { status: 404, title: 'No such route', detail: routes }
      : {
          status: 403,
          title: 'Not signed, or no such route',
          detail: `Sign the request with AWS Signature Version 4 for execute-api. ${routes}`,
        },
  );
  problem('forbidden', ResponseType.ACCESS_DENIED, {
    status: 403,
    title: 'Not allowed',
    detail: 'The principal that signed the request lacks execute-api:Invoke for this route.',
  });
  problem(
    'throttled',
    ResponseType.THROTTLED,
    { status: 429, title: 'Too many requests', detail: 'Try again after a second.' },
    { 'retry-after': "'1'" },
  );
  // All else: the status stays the gateway's own, which a template cannot name, as do its words.
  const words = '"detail":$context.error.messageString,"requestId":"$context.requestId"';
  answer(
    'gateway-refused',
    ResponseType.DEFAULT_4XX,
    `"title":"Refused before the API saw it",${words}`,
  );
  answer('gateway-failed', ResponseType.DEFAULT_5XX, `"title":"The API gave no answer",${words}`);
}

/** Without a policy of its own an API takes TLS 1.0. */
function requireModernTls(api: RestApi): void {
  const { defaultChild } = api.node;
  if (!(defaultChild instanceof CfnRestApi)) return;
  defaultChild.securityPolicy = SecurityPolicy.TLS13_1_2_PFS_PQ_2025_09;
  // Requests must name this API's own host in the handshake: no other domain can front for it.
  defaultChild.endpointAccessMode = EndpointAccessMode.STRICT;
}

function acknowledge(api: RestApi, { auth }: StageConfig): void {
  const acknowledged = [
    {
      id: 'APIG2',
      reason:
        "The function checks every request against the workflow's own schema and names the field.",
    },
    {
      id: 'APIG3',
      reason:
        'Requests are throttled and, outside the local stage, signed; a WAF is a choice of the account.',
    },
    {
      id: 'COG4',
      reason: 'Callers are services and engineers with IAM principals, not users of a user pool.',
    },
    {
      id: 'IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]',
      reason: 'The policy that API Gateway asks for; it allows writing logs only.',
    },
    ...(auth === 'none'
      ? [{ id: 'APIG4', reason: 'A stage for one machine: no credentials, one tenant.' }]
      : []),
  ];
  Validations.of(api).acknowledge(
    ...acknowledged.map(({ id, reason }) => ({ id: `AwsSolutions::AwsSolutions-${id}`, reason })),
  );
}

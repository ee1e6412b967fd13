import { Duration } from 'aws-cdk-lib';
import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { type AgentContract, agentSettings } from '#runtime/contracts/agent.ts';
import type { AgentEnvironment } from '#runtime/contracts/environment.ts';
import { DefinitionError } from '#runtime/contracts/errors.ts';
import { PLATFORM_NAMES } from '#runtime/contracts/names.ts';
import { AgentsStack } from '../stacks/agents-stack.ts';
import { Deployment } from './deployment.ts';
import { refuseAgentWithoutJson } from './json-form.ts';
import { LeanFunction } from './lean-function.ts';
import { acknowledgeModel, askModel } from './model-permissions.ts';
import {
  acknowledgeEveryWorkflow,
  acknowledgePayloads,
  answerTasks,
  consumeQueue,
  deferSteps,
  keepPayloads,
  publishEvents,
  takeTickets,
  useLedger,
} from './permissions.ts';
import { platformEnvironment } from './platform-environment.ts';

/** Lambda's longest timeout, in seconds. */
const LAMBDA_MAX_SECONDS = 900;
/** What the worker gets beyond the agent's own time, to record, publish and answer. */
const SECONDS_TO_FINISH = 15;
/** Receives before a message is parked. Throttled invocations count, so it is well above the worker's own cap of 6 starts. */
const MAX_RECEIVE_COUNT = 12;
/** Below the dead-letter queue's 14 days: a message keeps its age when it is parked. */
const QUEUE_RETENTION = Duration.days(10);

/** The queue and the function of one agent. */
export class Agent extends Construct {
  readonly contract: AgentContract;
  /** Derived from the name, so any stack may use it. */
  readonly queueUrl: string;
  readonly queueArn: string;
  readonly function: LeanFunction;

  private constructor(scope: AgentsStack, contract: AgentContract) {
    super(scope, contract.name);
    const deployment = Deployment.of(this);
    this.contract = contract;
    this.queueUrl = deployment.queueUrl(contract.name);
    this.queueArn = deployment.queueArn(contract.name);
    const { quotas, batchSize } = agentSettings(contract);
    refuseUnknownQuotas(contract, deployment);

    const timeoutSeconds = Math.min(
      LAMBDA_MAX_SECONDS,
      contract.timeoutSeconds + SECONDS_TO_FINISH,
    );
    const queue = new Queue(this, 'Queue', {
      queueName: deployment.name(contract.name),
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: QUEUE_RETENTION,
      // The worker shortens it to 30 s on arrival; this one covers a batch that never reaches it.
      visibilityTimeout: Duration.seconds(6 * timeoutSeconds),
      deadLetterQueue: {
        queue: Queue.fromQueueArn(
          this,
          'DeadLetters',
          deployment.queueArn(PLATFORM_NAMES.deadLetters),
        ),
        maxReceiveCount: MAX_RECEIVE_COUNT,
      },
    });
    this.function = new LeanFunction(this, 'Worker', {
      name: contract.name,
      description: `Signalbox agent ${contract.name}`,
      timeout: Duration.seconds(timeoutSeconds),
      environment: {
        ...deployment.config.agentEnvironment,
        ...environmentOf(deployment, contract, this.queueUrl),
      },
      permissions: [
        consumeQueue(this.queueArn),
        deferSteps(this.queueArn),
        useLedger(deployment),
        ...takeTickets(deployment, quotas),
        ...publishEvents(deployment),
        answerTasks(deployment),
        ...keepPayloads(deployment),
        ...askModel(deployment.config),
      ],
    });
    acknowledgeEveryWorkflow(this.function.role, deployment);
    acknowledgeModel(this.function.role, deployment.config);
    acknowledgePayloads(this.function.role, deployment);
    new EventSourceMapping(this, 'Source', {
      target: this.function.resource,
      eventSourceArn: queue.queueArn,
      batchSize,
      maxConcurrency: deployment.config.agentConcurrency,
      reportBatchItemFailures: true,
    });
  }

  /**
   * The agent of a contract, made in the agents stack at first use: naming a contract in a workflow
   * is all the wiring there is.
   * @throws DefinitionError when the name is taken, by another contract or by the platform, or when
   * JSON cannot carry what the contract declares.
   */
  static of(scope: Construct, contract: AgentContract): Agent {
    const home = AgentsStack.within(scope);
    const known = home.node.tryFindChild(contract.name);
    if (!(known instanceof Agent)) {
      refusePlatformName(contract.name);
      refuseAgentWithoutJson(contract);
      return new Agent(home, contract);
    }
    if (known.contract !== contract) {
      throw new DefinitionError(
        `agent "${contract.name}" has two contracts; allowed: one per name. Import the same contract everywhere, or rename one of the agents.`,
      );
    }
    return known;
  }
}

function refusePlatformName(name: string): void {
  const taken: readonly string[] = Object.values(PLATFORM_NAMES);
  if (taken.includes(name)) {
    throw new DefinitionError(
      `agent "${name}" has a name of the platform's own; taken: ${taken.join(', ')}. Rename the agent.`,
    );
  }
}

/** A line that nobody configured has no rate. */
function refuseUnknownQuotas(contract: AgentContract, { stage, config }: Deployment): void {
  const unknown = agentSettings(contract).quotas.filter((name) => !(name in config.quotas));
  if (unknown.length === 0) return;
  const known = Object.keys(config.quotas).join(', ');
  throw new DefinitionError(
    `agent "${contract.name}" names the quotas ${unknown.join(', ')}, which stage "${stage}" does not have; it has: ${known || 'none'}. Add them to quotas in infra/config.ts, or take them out of the contract.`,
  );
}

function environmentOf(
  deployment: Deployment,
  contract: AgentContract,
  queueUrl: string,
): Record<string, string> {
  const { model, quotas } = deployment.config;
  const price = model.usdPerMillionTokens;
  const environment = {
    ...platformEnvironment(deployment),
    QUEUE_URL: queueUrl,
    LIMITS_TABLE_NAME: deployment.name(PLATFORM_NAMES.limits),
    QUOTAS: JSON.stringify(
      Object.fromEntries(agentSettings(contract).quotas.map((name) => [name, quotas[name]])),
    ),
    PAYLOAD_BUCKET_NAME: deployment.payloadBucketName,
    MODEL_PROVIDER: model.provider,
    MODEL_ID: model.id,
    ...(model.provider === 'openai-compatible' ? { MODEL_BASE_URL: model.baseUrl } : {}),
    ...(price ? { MODEL_USD_PER_MILLION_TOKENS: JSON.stringify(price) } : {}),
  } satisfies AgentEnvironment;
  return environment;
}

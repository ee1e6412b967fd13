import { Duration } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import {
  type CatchProps,
  type IChainable,
  JitterType,
  QueryLanguage,
  type RetryProps,
  TaskStateBase,
  Timeout,
} from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import {
  type AgentContract,
  agentSettings,
  type Input,
  type Output,
} from '#runtime/contracts/agent.ts';
import { DefinitionError, RETRYABLE_ERROR_NAME } from '#runtime/contracts/errors.ts';
import { RETRY_POLICY } from '#runtime/contracts/retry-policy.ts';
import { Agent } from './agent.ts';
import { caughtByDefault, checkedCatch } from './catchable-errors.ts';
import { type Ref, ref, type Value } from './expression.ts';
import { StepScope } from './step-scope.ts';
import { DISPATCH_RETRIER, never, renderTask } from './step-task.ts';

export interface AgentStepProps<C extends AgentContract> {
  readonly agent: C;
  /** Literals, references, or objects of both; checked against the agent's input type. */
  readonly input: Value<Input<C>>;
  /** Further attempts after a retryable failure, 0 to 10. @default - the contract's */
  readonly retries?: number;
}

/**
 * One agent invocation: a Step Functions task (`next`, `addCatch`, metrics) that costs one transition.
 *
 * It sends the task message to the agent's queue and waits for the answer. The answer becomes a
 * variable of the step's name, read through `output`; the state's own output is empty, so state
 * does not grow. Its `TimeoutSeconds` is a backstop, the workflow's deadline: that clock runs while
 * the message waits in the queue, so the agent's timeout is enforced by the worker.
 */
export class AgentStep<C extends AgentContract = AgentContract> extends TaskStateBase {
  /** The agent's answer; readable in every state that the step surely comes before. */
  readonly output: Ref<Output<C>>;
  protected readonly taskMetrics = {};
  protected readonly taskPolicies: PolicyStatement[];
  readonly #agent: C;
  readonly #task: object;

  constructor(scope: Construct, id: string, props: AgentStepProps<C>) {
    const around = StepScope.of(scope);
    around.declare(id, props.agent);
    super(scope, id, {
      queryLanguage: QueryLanguage.JSONATA,
      taskTimeout: Timeout.duration(Duration.seconds(around.workflow.deadlineSeconds)),
      assign: { [id]: '{% $states.result %}' },
      outputs: {},
    });
    this.#agent = props.agent;
    const retries = checkedRetries(id, props.retries ?? agentSettings(props.agent).retries);
    const { queueUrl, queueArn } = Agent.of(this, props.agent);
    this.output = ref(`$${id}`);
    this.taskPolicies = [
      new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [queueArn] }),
    ];
    this.#task = renderTask(around, {
      name: id,
      queueUrl,
      agent: props.agent.name,
      kind: 'agent',
      maxAttempts: retries + 1,
      input: props.input,
    });
    for (const retrier of retriersFor(props.agent, retries)) super.addRetry(retrier);
  }

  /** @throws DefinitionError always: the worker has to know the number of attempts. */
  override addRetry(): never {
    throw new DefinitionError(
      `step "${this.id}": addRetry is not for agent steps, whose retries come from the error table. ` +
        'Set `retries` on the contract or on the step; catch an error with addCatch.',
    );
  }

  /**
   * Goes to `handler` when the step has failed for good.
   * @param props.errors names from the error table or the contract's `errors`.
   *   @default - all but the ends of the whole run: stop, deadline, budget, a newer attempt
   * @throws DefinitionError for any other name, `States.ALL` included.
   */
  override addCatch(handler: IChainable, props: CatchProps = {}): this {
    const errors =
      props.errors === undefined
        ? caughtByDefault(this.#agent)
        : checkedCatch(this.id, this.#agent, props.errors);
    super.addCatch(handler, { ...props, errors });
    return this;
  }

  protected _renderTask(): object {
    return this.#task;
  }
}

function checkedRetries(step: string, retries: number): number {
  if (Number.isInteger(retries) && retries >= 0 && retries <= 10) return retries;
  throw new DefinitionError(
    `step "${step}": retries is ${retries}; allowed: a whole number from 0 to 10`,
  );
}

/** First match wins: what is never tried again, what the agent calls retryable, and what is left. */
const retriersFor = (agent: AgentContract, retries: number): readonly RetryProps[] => [
  never(agentSettings(agent).errors),
  {
    errors: [RETRYABLE_ERROR_NAME],
    interval: Duration.seconds(RETRY_POLICY.firstSeconds),
    backoffRate: 2,
    maxAttempts: retries,
    maxDelay: Duration.seconds(RETRY_POLICY.maxSeconds),
    jitterStrategy: JitterType.FULL,
  },
  DISPATCH_RETRIER,
];

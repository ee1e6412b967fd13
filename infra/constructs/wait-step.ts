import { Duration } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import {
  type CatchProps,
  type IChainable,
  QueryLanguage,
  TaskStateBase,
  Timeout,
} from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { DefinitionError } from '#runtime/contracts/errors.ts';
import { WAIT_GRACE_SECONDS, WAIT_MAX_SECONDS, WAIT_SERVER } from '#runtime/contracts/wait.ts';
import { caughtByDefault, checkedCatch } from './catchable-errors.ts';
import { Deployment } from './deployment.ts';
import { type Ref, ref } from './expression.ts';
import { StepScope } from './step-scope.ts';
import { DISPATCH_RETRIER, never, renderTask } from './step-task.ts';
import { waitContract } from './wait-contract.ts';

export interface WaitStepProps {
  /** What the platform is asked, without `timeoutSeconds`. */
  readonly input: Readonly<Record<string, unknown>>;
  readonly timeoutSeconds: number;
}

/**
 * A state that waits for something from outside: a task on the platform's queue, one transition.
 *
 * Its `TimeoutSeconds` is the wait itself, and a little more: what came in time is heard. The time that a
 * run waits does not count against its deadline.
 */
export abstract class WaitStep<T> extends TaskStateBase {
  /** What came; readable in every state that the step surely comes before. */
  readonly output: Ref<T>;
  protected readonly taskMetrics = {};
  protected readonly taskPolicies: PolicyStatement[];
  readonly #task: object;

  constructor(scope: Construct, id: string, { input, timeoutSeconds }: WaitStepProps) {
    const around = StepScope.of(scope);
    around.declare(id, waitContract);
    refuseTimeout(id, timeoutSeconds);
    super(scope, id, {
      queryLanguage: QueryLanguage.JSONATA,
      taskTimeout: Timeout.duration(Duration.seconds(timeoutSeconds + WAIT_GRACE_SECONDS)),
      assign: { [id]: '{% $states.result %}' },
      outputs: {},
    });
    around.waits.push(timeoutSeconds);
    const deployment = Deployment.of(this);
    this.output = ref(`$${id}`);
    this.taskPolicies = [
      new PolicyStatement({
        actions: ['sqs:SendMessage'],
        resources: [deployment.queueArn(WAIT_SERVER)],
      }),
    ];
    this.#task = renderTask(around, {
      name: id,
      queueUrl: deployment.queueUrl(WAIT_SERVER),
      agent: WAIT_SERVER,
      kind: 'wait',
      maxAttempts: 1,
      input: { ...input, timeoutSeconds },
    });
    super.addRetry(never());
    super.addRetry(DISPATCH_RETRIER);
  }

  /** @throws DefinitionError always: a wait is no attempt. */
  override addRetry(): never {
    throw new DefinitionError(
      `step "${this.id}": addRetry is not for steps that wait; what has not come in time, does not come by asking again. Catch States.Timeout with addCatch, or wait longer.`,
    );
  }

  /**
   * Goes to `handler` when the wait has failed for good.
   * @param props.errors names from the error table; `States.Timeout`: nothing came in time.
   *   @default - all but the ends of the whole run and `States.Timeout`
   * @throws DefinitionError for any other name, `States.ALL` included.
   */
  override addCatch(handler: IChainable, props: CatchProps = {}): this {
    const errors =
      props.errors === undefined
        ? caughtByDefault(waitContract)
        : checkedCatch(this.id, waitContract, props.errors);
    super.addCatch(handler, { ...props, errors });
    return this;
  }

  protected _renderTask(): object {
    return this.#task;
  }
}

function refuseTimeout(step: string, seconds: number): void {
  if (Number.isInteger(seconds) && seconds >= 1 && seconds <= WAIT_MAX_SECONDS) return;
  throw new DefinitionError(
    `step "${step}" waits for ${seconds} s; allowed: whole seconds from 1 to ${WAIT_MAX_SECONDS}`,
  );
}

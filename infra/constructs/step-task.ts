/** What every state has in common that sends a task message to a queue and waits for its answer. */
import { Aws, Duration } from 'aws-cdk-lib';
import { JitterType, type RetryProps } from 'aws-cdk-lib/aws-stepfunctions';
import { TERMINAL_ERROR_NAMES } from '#runtime/contracts/errors.ts';
import { SCHEMA_VERSION } from '#runtime/contracts/task-message.ts';
import { jsonata, ref, render } from './expression.ts';
import type { StepScope } from './step-scope.ts';

/** The run's envelope, readable in every state; it is never threaded through state input. */
const ENVELOPE = ref<{ readonly tenant: string }>('$states.context.Execution.Input.sb');
const REDRIVES = ref<number>('$states.context.Execution.RedriveCount');

export interface StepTask {
  readonly name: string;
  readonly queueUrl: string;
  readonly agent: string;
  readonly kind: 'agent' | 'wait';
  readonly maxAttempts: number;
  readonly input: unknown;
}

/** The task's own members of a state: `Resource` and `Arguments`. */
export const renderTask = (
  { pathOf, inlineBytes }: StepScope,
  { name, queueUrl, agent, kind, maxAttempts, input }: StepTask,
): object => ({
  Resource: `arn:${Aws.PARTITION}:states:::sqs:sendMessage.waitForTaskToken`,
  Arguments: render({
    QueueUrl: queueUrl,
    MessageGroupId: ENVELOPE.tenant,
    MessageBody: {
      schemaVersion: SCHEMA_VERSION,
      run: ENVELOPE,
      step: {
        path: pathOf(name),
        agent,
        kind,
        inlineBytes,
        maxAttempts,
        attempt: {
          // Local clouds leave it null until a redrive.
          redrive: jsonata<number>`${REDRIVES} ? ${REDRIVES} : 0`,
          retry: ref('$states.context.State.RetryCount'),
        },
        enteredAt: ref('$states.context.State.EnteredTime'),
      },
      input,
      taskToken: ref('$states.context.Task.Token'),
    },
  }),
});

/** What is never tried again. A timeout of the state is an end: trying again would only feed a backlog. */
export const never = (errors: readonly string[] = []): RetryProps => ({
  errors: [...TERMINAL_ERROR_NAMES, 'States.Timeout', 'States.QueryEvaluationError', ...errors],
  maxAttempts: 0,
});

/** What the other retriers leave: the dispatch itself, a throttled queue or key. */
export const DISPATCH_RETRIER: RetryProps = {
  errors: ['States.TaskFailed'],
  interval: Duration.seconds(1),
  backoffRate: 2,
  maxAttempts: 5,
  maxDelay: Duration.seconds(20),
  jitterStrategy: JitterType.FULL,
};

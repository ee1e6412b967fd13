import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Construct } from 'constructs';
import type { ReconcileEnvironment } from '#runtime/contracts/environment.ts';
import { PLATFORM_NAMES } from '#runtime/contracts/names.ts';
import { Deployment } from './deployment.ts';
import { LeanFunction } from './lean-function.ts';
import {
  acknowledgeEveryExecution,
  acknowledgeEveryWorkflow,
  answerTasks,
  describeRuns,
  findDueRuns,
  publishEvents,
  relayEvents,
  startRuns,
  stopRuns,
  useLedger,
  wakeRuns,
} from './permissions.ts';
import { platformEnvironment } from './platform-environment.ts';

const EVERY = Duration.minutes(1);

/** What brings kept events into the stream, and accepted runs to their end, whatever got lost on the way. */
export class Reconciler extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const deployment = Deployment.of(this);
    const { reconcile } = PLATFORM_NAMES;
    const environment = {
      ...platformEnvironment(deployment),
      STATE_MACHINE_ARN_PREFIX: deployment.stateMachineArnPrefix,
      TIMERS_QUEUE_URL: deployment.queueUrl(PLATFORM_NAMES.timers),
    } satisfies ReconcileEnvironment;
    const { resource, role } = new LeanFunction(this, 'Reconcile', {
      name: reconcile,
      description: 'Signalbox: relays kept events, looks after runs that are due',
      // It begins nothing new after 45 s, so that a round is over when the next one begins; the rest
      // is for dependencies that take their time to fail.
      timeout: Duration.minutes(2),
      environment,
      permissions: [
        relayEvents(deployment),
        findDueRuns(deployment),
        useLedger(deployment),
        answerTasks(deployment),
        ...publishEvents(deployment),
        describeRuns(deployment),
        startRuns(deployment),
        stopRuns(deployment),
        wakeRuns(deployment),
      ],
    });
    acknowledgeEveryWorkflow(role, deployment);
    acknowledgeEveryExecution(role, deployment);
    // A round that fails is not repeated: the next one does the same, and more. EventBridge repeats what
    // Lambda does not take; what fails there, Lambda repeats twice by itself.
    resource.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: EVERY });
    new Rule(this, 'EveryMinute', {
      ruleName: deployment.name(reconcile),
      description: 'Relays kept events and looks after runs that are due',
      schedule: Schedule.rate(EVERY),
      targets: [new LambdaFunction(resource, { retryAttempts: 0, maxEventAge: EVERY })],
    });
  }
}

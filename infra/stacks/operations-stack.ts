import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { DeadLetterConsumer } from '../constructs/dead-letter-consumer.ts';
import { Deployment } from '../constructs/deployment.ts';
import { Reconciler } from '../constructs/reconciler.ts';
import { WaitServer } from '../constructs/wait-server.ts';

/** What looks after runs that something went wrong with, and keeps what they wait for. */
export class OperationsStack extends Stack {
  constructor(scope: Construct) {
    const deployment = Deployment.of(scope);
    super(deployment.home, deployment.name('operations'), {
      description: 'Signalbox operations: dead letters, reconciler, waits',
    });
    new DeadLetterConsumer(this, 'DeadLetters');
    new Reconciler(this, 'Reconciler');
    new WaitServer(this, 'Waits');
  }
}

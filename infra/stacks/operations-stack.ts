import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { DeadLetterConsumer } from '../constructs/dead-letter-consumer.ts';
import { Deployment } from '../constructs/deployment.ts';
import { Reconciler } from '../constructs/reconciler.ts';

/** What looks after runs that something went wrong with. */
export class OperationsStack extends Stack {
  constructor(scope: Construct) {
    const deployment = Deployment.of(scope);
    super(deployment.home, deployment.name('operations'), {
      description: 'Signalbox operations: dead letters, reconciler',
    });
    new DeadLetterConsumer(this, 'DeadLetters');
    new Reconciler(this, 'Reconciler');
  }
}

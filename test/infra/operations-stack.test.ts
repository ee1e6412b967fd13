import { Match, Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { DataStack } from '../../infra/stacks/data-stack.ts';
import { OperationsStack } from '../../infra/stacks/operations-stack.ts';
import { testApp } from '../support/deployment.ts';
import { roleStatements, textOf } from '../support/template.ts';

describe("OperationsStack's consumer of dead letters", () => {
  const template = Template.fromStack(new OperationsStack(testApp()));
  const SETTLE = 'signalbox-dev-settle-dead-letters';

  test('takes what the dead-letter queue holds, and returns single messages', () => {
    const mappings = Object.values(template.findResources('AWS::Lambda::EventSourceMapping'));
    expect(mappings.map(({ Properties }) => textOf(Properties.EventSourceArn))).toContainEqual(
      expect.stringMatching(/:signalbox-dev-dead-letters$/),
    );
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      BatchSize: 10,
      ScalingConfig: { MaximumConcurrency: 2 },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
  });

  test('hides a message from others for longer than it may work on it', () => {
    const [worker] = Object.values(
      template.findResources('AWS::Lambda::Function', { Properties: { FunctionName: SETTLE } }),
    );
    const data = Template.fromStack(new DataStack(testApp()));
    data.hasResourceProperties('AWS::SQS::Queue', {
      QueueName: 'signalbox-dev-dead-letters',
      VisibilityTimeout: 6 * worker?.Properties.Timeout,
    });
  });

  test('knows how long the stream keeps events', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      FunctionName: SETTLE,
      Environment: { Variables: Match.objectLike({ STREAM_RETENTION_HOURS: '24' }) },
    });
  });

  const statements = roleStatements(template).filter(({ of }) => of.startsWith('DeadLetters'));

  test('answers tasks, and can neither start runs nor ask a model', () => {
    const actions = statements.flatMap((statement) => statement.actions);
    expect(actions).toContain('states:SendTaskFailure');
    expect(actions).not.toContain('states:StartExecution');
    expect(actions.filter((action) => /^bedrock|:Delete(Item|Table)$/.test(action))).toEqual([]);
  });

  test("sends to queues of its stage only: a reaction's next attempt", () => {
    const sending = statements.filter(({ actions }) => actions.includes('sqs:SendMessage'));
    expect(sending.flatMap(({ resources }) => resources)).toEqual([
      expect.stringMatching(/:signalbox-dev-\*$/),
    ]);
  });
});

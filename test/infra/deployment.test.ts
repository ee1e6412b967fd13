import { App, Aws, Stack } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { describe, expect, test } from 'vitest';
import { type Stage, stageConfig } from '../../infra/config.ts';
import { Deployment } from '../../infra/constructs/deployment.ts';

const deploy = (scope: Construct, stage: Stage): Deployment =>
  new Deployment(scope, {
    stage,
    config: stageConfig(stage),
    codeOf: () => Code.fromInline('exports.handler = async () => undefined;'),
  });

describe('Deployment', () => {
  test('is found from any construct below', () => {
    const app = new App();
    const deployment = deploy(app, 'dev');
    expect(Deployment.of(new Construct(new Stack(app, 'Stack'), 'Inner'))).toBe(deployment);
  });

  test('is the nearest one when there are several', () => {
    const app = new App();
    deploy(app, 'dev');
    const group = new Construct(app, 'Group');
    const nearest = deploy(group, 'prod');
    expect(Deployment.of(new Stack(group, 'Stack'))).toBe(nearest);
  });

  test('is asked for where there is none', () => {
    expect(() => Deployment.of(new Stack(new App(), 'Lonely'))).toThrow(
      /"Lonely" belongs to no deployment; create/,
    );
  });

  test('derives names from its stage', () => {
    const deployment = deploy(new App(), 'dev');
    const place = `${Aws.REGION}:${Aws.ACCOUNT_ID}`;
    expect(deployment.name('ledger')).toBe('signalbox-dev-ledger');
    expect(deployment.queueUrl('x')).toBe(
      `https://sqs.${Aws.REGION}.${Aws.URL_SUFFIX}/${Aws.ACCOUNT_ID}/signalbox-dev-x`,
    );
    expect(deployment.queueArn('x')).toBe(`arn:${Aws.PARTITION}:sqs:${place}:signalbox-dev-x`);
    expect(deployment.stateMachineArnPrefix).toBe(
      `arn:${Aws.PARTITION}:states:${place}:stateMachine:signalbox-dev-`,
    );
  });

  test('refuses a name that no function could have', () => {
    expect(() => deploy(new App(), 'dev').name('x'.repeat(51))).toThrow(
      /65 characters; allowed: 64/,
    );
  });
});

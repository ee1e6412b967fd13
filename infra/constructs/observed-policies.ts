import { type IAspect, Stack, Validations } from 'aws-cdk-lib';
import { CfnPolicy } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';

/** What a state machine needs to be traced and logged; IAM knows no resource for any of it. */
const OBSERVING: ReadonlySet<unknown> = new Set([
  'logs:CreateLogDelivery',
  'logs:DeleteLogDelivery',
  'logs:DescribeLogGroups',
  'logs:DescribeResourcePolicies',
  'logs:GetLogDelivery',
  'logs:ListLogDeliveries',
  'logs:PutResourcePolicy',
  'logs:UpdateLogDelivery',
  'xray:GetSamplingRules',
  'xray:GetSamplingTargets',
  'xray:PutTelemetryRecords',
  'xray:PutTraceSegments',
]);

/**
 * Acknowledges the wildcard of policies that allow nothing else on every resource. A policy with
 * another wildcard stays a finding: whoever added the state that needs it has to give the reason.
 */
export const acknowledgeObserving: IAspect = {
  visit(node: IConstruct) {
    if (!(node instanceof CfnPolicy)) return;
    const wide = wideActions(Stack.of(node).resolve(node.policyDocument));
    if (!wide.every((action) => OBSERVING.has(action))) return;
    Validations.of(node).acknowledge({
      id: 'AwsSolutions::AwsSolutions-IAM5[Resource::*]',
      reason: 'X-Ray and the delivery of vended logs have no resources that a policy could name.',
    });
  },
};

interface Statement {
  readonly Action?: unknown;
  readonly Resource?: unknown;
}

/** The actions that a policy allows on every resource. */
const wideActions = ({ Statement }: { readonly Statement: readonly Statement[] }): unknown[] =>
  Statement.filter(({ Resource }) => [Resource].flat().includes('*')).flatMap(
    ({ Action }) => Action,
  );

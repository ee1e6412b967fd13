import { Aws, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Says why a permission may end with a wildcard. */
export function acknowledgeWildcard(role: IConstruct, arn: string, reason: string): void {
  const resource = arn
    .replace(Aws.PARTITION, '<AWS::Partition>')
    .replace(Aws.REGION, '<AWS::Region>')
    .replace(Aws.ACCOUNT_ID, '<AWS::AccountId>');
  Validations.of(role).acknowledge({
    id: `AwsSolutions::AwsSolutions-IAM5[Resource::${resource}]`,
    reason,
  });
}

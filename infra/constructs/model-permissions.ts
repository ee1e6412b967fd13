import { Aws } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import type { StageConfig } from '../config.ts';
import { acknowledgeWildcard } from './wildcards.ts';

const INFERENCE_PROFILE = /^(?:us-gov|us|eu|apac|au|ca|jp|global)\.(.+)$/;

/** Nothing unless the stage's model is on Bedrock; then that model only. */
export const askModel = ({ model }: StageConfig): PolicyStatement[] =>
  model.provider === 'bedrock'
    ? [new PolicyStatement({ actions: ['bedrock:InvokeModel'], resources: modelArns(model.id) })]
    : [];

function modelArns(id: string): string[] {
  const bedrock = (region: string, account: string, resource: string): string =>
    `arn:${Aws.PARTITION}:bedrock:${region}:${account}:${resource}`;
  const [, behindProfile] = INFERENCE_PROFILE.exec(id) ?? [];
  return behindProfile === undefined
    ? [bedrock(Aws.REGION, '', `foundation-model/${id}`)]
    : [
        bedrock(Aws.REGION, Aws.ACCOUNT_ID, `inference-profile/${id}`),
        bedrock('*', '', `foundation-model/${behindProfile}`),
      ];
}

/** For functions that are allowed `askModel`. */
export function acknowledgeModel(role: IConstruct, { model }: StageConfig): void {
  if (model.provider !== 'bedrock') return;
  for (const arn of modelArns(model.id).filter((arn) => arn.includes('*'))) {
    acknowledgeWildcard(
      role,
      arn,
      'An inference profile sends the request on to regions of its own choice; the model is named.',
    );
  }
}

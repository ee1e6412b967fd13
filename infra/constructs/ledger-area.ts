import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { PLATFORM_NAMES } from '#runtime/contracts/names.ts';
import type { LEDGER_AREAS } from '#runtime/contracts/tables.ts';
import type { Deployment } from './deployment.ts';

/** A batch write may also delete: the areas keep it from records of what was done. */
export const inLedgerArea = (
  deployment: Deployment,
  areas: readonly (typeof LEDGER_AREAS)[keyof typeof LEDGER_AREAS][],
  actions: string[],
): PolicyStatement =>
  new PolicyStatement({
    actions,
    resources: [deployment.tableArn(PLATFORM_NAMES.ledger)],
    conditions: {
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': areas.map((area) => `${area}#*`) },
    },
  });

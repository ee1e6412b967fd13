/** The role that state machines and functions under test run with: one per test file. */
import {
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  type IAMClient,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import type { Cleanup } from './cleanup.ts';
import { PREFIX, uniqueName } from './names.ts';

const POLICY = 'contract';
const ON_OUR_OWN = [
  `arn:aws:sqs:*:*:${PREFIX}*`,
  `arn:aws:kinesis:*:*:stream/${PREFIX}*`,
  `arn:aws:dynamodb:*:*:table/${PREFIX}*`,
  `arn:aws:s3:::${PREFIX}*`,
  `arn:aws:lambda:*:*:function:${PREFIX}*`,
  `arn:aws:states:*:*:*:${PREFIX}*`,
];
const ACTIONS = ['sqs:*', 'kinesis:*', 'dynamodb:*', 's3:*', 'lambda:InvokeFunction', 'states:*'];

/** Without rights on logs: functions on AWS then leave no log groups behind. */
export async function createRole(iam: IAMClient, cleanup: Cleanup): Promise<string> {
  const name = uniqueName('role');
  const { Role: role } = await iam.send(
    new CreateRoleCommand({
      RoleName: name,
      AssumeRolePolicyDocument: policy({
        Action: 'sts:AssumeRole',
        Principal: { Service: ['lambda.amazonaws.com', 'states.amazonaws.com'] },
      }),
    }),
  );
  cleanup.add(`role ${name}`, () => iam.send(new DeleteRoleCommand({ RoleName: name })));
  await iam.send(
    new PutRolePolicyCommand({
      RoleName: name,
      PolicyName: POLICY,
      PolicyDocument: policy({ Action: ACTIONS, Resource: ON_OUR_OWN }),
    }),
  );
  cleanup.add(`policy of role ${name}`, () =>
    iam.send(new DeleteRolePolicyCommand({ RoleName: name, PolicyName: POLICY })),
  );
  return role?.Arn ?? '';
}

const policy = (statement: Readonly<Record<string, unknown>>): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...statement }] });

/** A new role is not known everywhere at once: services then say so, in words of their own. */
export const isRoleUnknown = (error: unknown): boolean =>
  error instanceof Error && /\brole\b|assume|permission|authorized/i.test(error.message);

import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { DefinitionError } from '#runtime/contracts/errors.ts';
import { Deployment } from './constructs/deployment.ts';

const PSEUDO_PARAMETERS: Readonly<Record<string, string>> = {
  'AWS::Partition': 'aws',
  'AWS::Region': 'us-east-1',
  'AWS::AccountId': '000000000000',
  'AWS::URLSuffix': 'amazonaws.com',
};

/**
 * The state machine of a workflow as it will be deployed, for `runWorkflow` and assertions on its
 * states. Account and region are made up; other resources appear by logical id.
 * @throws DefinitionError when the stack has no such workflow.
 */
export function synthesizedMachine(stack: Stack, workflow: string): unknown {
  const wanted = Deployment.of(stack).name(workflow);
  const machines = Object.values(
    Template.fromStack(stack).findResources('AWS::StepFunctions::StateMachine'),
  ).map(({ Properties }: { readonly Properties?: MachineProperties }) => Properties ?? {});
  const found = machines.find(({ StateMachineName }) => StateMachineName === wanted);
  if (found?.DefinitionString === undefined) {
    throw new DefinitionError(
      `stack "${stack.stackName}" has no state machine "${wanted}"; it has: ${machines.map((machine) => machine.StateMachineName).join(', ') || 'none'}.`,
    );
  }
  return JSON.parse(textOf(found.DefinitionString));
}

interface MachineProperties {
  readonly StateMachineName?: string;
  readonly DefinitionString?: unknown;
}

/** CloudFormation's text with its intrinsics filled in. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  const { Ref, ...functions } = value as {
    readonly Ref?: string;
    readonly 'Fn::Join'?: readonly [string, readonly unknown[]];
    readonly 'Fn::GetAtt'?: readonly string[];
  };
  if (Ref !== undefined) return PSEUDO_PARAMETERS[Ref] ?? Ref;
  const join = functions['Fn::Join'];
  if (join) return join[1].map(textOf).join(join[0]);
  const attribute = functions['Fn::GetAtt'];
  if (attribute) return attribute.join('.');
  throw new DefinitionError(
    `a definition has ${JSON.stringify(value)}; allowed: Ref, Fn::Join and Fn::GetAtt.`,
  );
}

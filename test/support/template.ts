import type { Template } from 'aws-cdk-lib/assertions';

export interface Statement {
  /** Logical id of the role or of the policy that says so. */
  readonly of: string;
  readonly effect: string;
  readonly actions: readonly string[];
  /** Pseudo parameters by name: `arn:AWS::Partition:sqs:…`. */
  readonly resources: readonly string[];
  readonly conditions: unknown;
}

/** What the roles of a template allow. */
export function roleStatements(template: Template): Statement[] {
  const roles = Object.entries(template.findResources('AWS::IAM::Role')).flatMap(
    ([of, { Properties }]) =>
      (Properties.Policies ?? []).map((policy: { PolicyDocument: unknown }) => ({
        of,
        document: policy.PolicyDocument,
      })),
  );
  const policies = Object.entries(template.findResources('AWS::IAM::Policy')).map(
    ([of, { Properties }]) => ({ of, document: Properties.PolicyDocument }),
  );
  return [...roles, ...policies].flatMap(({ of, document }) =>
    document.Statement.map(
      (statement: { Effect: string; Action: unknown; Resource: unknown; Condition?: unknown }) => ({
        of,
        effect: statement.Effect,
        actions: [statement.Action].flat(),
        resources: [statement.Resource].flat().map(textOf),
        conditions: statement.Condition,
      }),
    ),
  );
}

/** A value with its intrinsic functions written out: `{"Ref": "AWS::Region"}` becomes `AWS::Region`. */
export function textOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  if ('Ref' in value) return String(value.Ref);
  if ('Fn::GetAtt' in value) return [value['Fn::GetAtt']].flat().join('.');
  if ('Fn::Join' in value && Array.isArray(value['Fn::Join'])) {
    const [separator, parts] = value['Fn::Join'];
    return parts.map(textOf).join(separator);
  }
  return JSON.stringify(value);
}

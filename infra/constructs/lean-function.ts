import { type Duration, RemovalPolicy } from 'aws-cdk-lib';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  Function as LambdaFunction,
  LoggingFormat,
  RecursiveLoop,
  Runtime,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { DefinitionError } from '#runtime/contracts/errors.ts';
import { Deployment } from './deployment.ts';

export interface LeanFunctionProps {
  /** Short name: of the function, of its file and of its log group. */
  readonly name: string;
  readonly description: string;
  readonly timeout: Duration;
  /** Built from the types in `runtime/contracts/environment.ts`. */
  readonly environment: Readonly<Record<string, string>>;
  /** All that the function may do beside writing its own log. */
  readonly permissions: readonly PolicyStatement[];
  /** @default 512, enough for work that waits for others */
  readonly memoryMb?: number;
}

/**
 * A function as all of Signalbox's are: Node 24 on ARM, its code from the one build, JSON logs in a
 * log group of its own, a role that allows what is named and nothing else.
 */
export class LeanFunction extends Construct {
  readonly resource: LambdaFunction;
  readonly role: Role;

  constructor(scope: Construct, id: string, props: LeanFunctionProps) {
    super(scope, id);
    const deployment = Deployment.of(this);
    const functionName = deployment.name(props.name);
    const logGroup = new LogGroup(this, 'Logs', {
      logGroupName: `/aws/lambda/${functionName}`,
      retention: logRetention(deployment),
      removalPolicy: RemovalPolicy.DESTROY,
    });
    // Inline, so that the permissions are there before an event source mapping asks for them.
    this.role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: {
        Function: new PolicyDocument({
          statements: [
            new PolicyStatement({
              actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
              resources: [logGroup.logGroupArn],
            }),
            ...props.permissions,
          ],
        }),
      },
    });
    this.resource = new LambdaFunction(this, 'Function', {
      functionName,
      description: props.description,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      code: deployment.codeOf(props.name),
      handler: `${props.name}.handler`,
      role: this.role.withoutPolicyUpdates(),
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      timeout: props.timeout,
      memorySize: props.memoryMb ?? 512,
      // Lambda drops a message after 16 hops through a queue; the workflow bounds its own loops.
      recursiveLoop: RecursiveLoop.ALLOW,
      environment: environmentOf(props),
    });
  }
}

/** Of all names and values together: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const ENVIRONMENT_MAX_BYTES = 4096;

/** Lambda would say no in the middle of a deployment. @throws DefinitionError */
function environmentOf({ name, environment }: LeanFunctionProps): Record<string, string> {
  const whole = { ...environment, NODE_OPTIONS: '--enable-source-maps' };
  const sizes = Object.entries(whole)
    .map(([key, value]) => ({ key, bytes: Buffer.byteLength(key) + Buffer.byteLength(value) }))
    .sort((a, b) => b.bytes - a.bytes);
  const bytes = sizes.reduce((sum, one) => sum + one.bytes, 0);
  if (bytes <= ENVIRONMENT_MAX_BYTES) return whole;
  const largest = sizes.slice(0, 4).map((one) => `${one.key} ${one.bytes}`);
  throw new DefinitionError(
    `the environment of function "${name}" is ${bytes} bytes; Lambda takes ${ENVIRONMENT_MAX_BYTES}. The largest variables: ${largest.join(', ')}. They grow with the stage's workflows, agents and quotas: deploy fewer of them in one app, or give them shorter names.`,
  );
}

/** The values of CloudWatch's enum are days. */
export const logRetention = (deployment: Deployment): RetentionDays =>
  deployment.config.logRetentionDays;

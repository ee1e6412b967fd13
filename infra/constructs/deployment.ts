/**
 * One deployment of Signalbox: a stage, its configuration, and every name that follows from it.
 *
 * Job: let any construct refer to any resource by its derived name, so stacks need no exports and
 * cannot form cycles.
 * Boundary: creates no resource. It is found through the construct tree (the app or an outer
 * construct), so two deployments in one process never meet.
 */
import { Aws } from 'aws-cdk-lib';
import type { Code } from 'aws-cdk-lib/aws-lambda';
import { Construct, type IConstruct } from 'constructs';
import { DefinitionError } from '#runtime/contracts/errors.ts';
import { PLATFORM_NAMES, resourceName } from '#runtime/contracts/names.ts';
import type { Stage, StageConfig } from '../config.ts';

export interface DeploymentProps {
  readonly stage: Stage;
  readonly config: StageConfig;
  /**
   * The built code of a function by its short name, with `<name>.mjs` at its root.
   * Throws a DefinitionError when there is none.
   */
  readonly codeOf: (name: string) => Code;
}

const ID = 'Deployment';

export class Deployment extends Construct {
  readonly stage: Stage;
  readonly config: StageConfig;
  readonly codeOf: (name: string) => Code;
  /** Where the stacks of this deployment hang in the tree. */
  readonly home: Construct;

  constructor(scope: Construct, { stage, config, codeOf }: DeploymentProps) {
    super(scope, ID);
    this.home = scope;
    this.stage = stage;
    this.config = config;
    this.codeOf = codeOf;
  }

  /**
   * The deployment that a construct belongs to: the nearest one on the way up.
   * @throws DefinitionError when there is none.
   */
  static of(scope: IConstruct): Deployment {
    for (const outer of scope.node.scopes.toReversed()) {
      const found = outer.node.tryFindChild(ID);
      if (found instanceof Deployment) return found;
    }
    throw new DefinitionError(
      `"${scope.node.path}" belongs to no deployment; create \`new Deployment(app, …)\` before the constructs that need it.`,
    );
  }

  /** `signalbox-<stage>-<name>` */
  name(name: string): string {
    return resourceName(this.stage, name);
  }

  queueUrl(name: string): string {
    return `https://sqs.${Aws.REGION}.${Aws.URL_SUFFIX}/${Aws.ACCOUNT_ID}/${this.name(name)}`;
  }

  queueArn(name: string): string {
    return this.#arn('sqs', this.name(name));
  }

  tableArn(name: string): string {
    return this.#arn('dynamodb', `table/${this.name(name)}`);
  }

  /** Short name of the read model that the API shows and the projector writes. */
  get readModel(): string {
    return this.config.readModelTable ?? PLATFORM_NAMES.readModel;
  }

  /** Bucket names are the world's, hence account and region in it. */
  get payloadBucketName(): string {
    return `${this.name(PLATFORM_NAMES.payloads)}-${Aws.ACCOUNT_ID}-${Aws.REGION}`;
  }

  get payloadBucketArn(): string {
    return `arn:${Aws.PARTITION}:s3:::${this.payloadBucketName}`;
  }

  get archiveBucketName(): string {
    return `${this.name(PLATFORM_NAMES.archive)}-${Aws.ACCOUNT_ID}-${Aws.REGION}`;
  }

  get archiveBucketArn(): string {
    return `arn:${Aws.PARTITION}:s3:::${this.archiveBucketName}`;
  }

  get streamArn(): string {
    return this.#arn('kinesis', `stream/${this.name(PLATFORM_NAMES.events)}`);
  }

  get lifecycleBusArn(): string {
    return this.#arn('events', `event-bus/${this.name(PLATFORM_NAMES.lifecycle)}`);
  }

  ruleArn(name: string): string {
    return this.#arn('events', `rule/${this.name(name)}`);
  }

  /** The ARN of a workflow's state machine without the workflow's name. */
  get stateMachineArnPrefix(): string {
    return this.#arn('states', `stateMachine:${this.name('')}`);
  }

  #arn(service: string, resource: string): string {
    return `arn:${Aws.PARTITION}:${service}:${Aws.REGION}:${Aws.ACCOUNT_ID}:${resource}`;
  }
}

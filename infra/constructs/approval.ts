import type { CatchProps, Chain, IChainable } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { DefinitionError } from '#runtime/contracts/errors.ts';
import { isOption, TIMED_OUT } from '#runtime/contracts/wait.ts';
import type { Value } from './expression.ts';
import { WaitStep } from './wait-step.ts';

/** What a person has decided. */
export interface Decision<O extends string> {
  /** `timed_out` when nobody has decided in time. */
  readonly decision: O | typeof TIMED_OUT;
  /** Absent when nobody has decided. */
  readonly by?: string;
  readonly note?: string;
}

export interface ApprovalProps<O extends string> {
  /** What is asked, in one line of at most 500 characters. */
  readonly title: Value<string>;
  /** What the person has to see. @default - the title alone */
  readonly show?: Value<unknown>;
  /** What the person may decide: 1 to 10 lower-case words. @default ['approve', 'reject'] */
  readonly options?: readonly O[];
  /** Hours for the decision, 8,640 at most; parts of an hour are allowed. */
  readonly timeoutHours: number;
}

const TIMEOUT = 'States.Timeout';

/**
 * A person decides (`POST /runs/{id}/approvals/{step}`, `signalbox runs approve`). The run goes on with
 * the decision, or with `timed_out`: branch over `output.decision`.
 */
export class Approval<O extends string = 'approve' | 'reject'> extends WaitStep<Decision<O>> {
  /** @throws DefinitionError naming what is wrong and what is allowed. */
  constructor(scope: Construct, id: string, props: ApprovalProps<O>) {
    const { title, show, options = ['approve', 'reject'], timeoutHours } = props;
    refuseTitle(id, title);
    refuseOptions(id, options);
    super(scope, id, {
      input: { for: 'approval', title, show, options },
      timeoutSeconds: Math.round(timeoutHours * 3600),
    });
  }

  /** The state after it is the one after its timeout, too. */
  override next(next: IChainable): Chain {
    const chain = super.next(next);
    super.addCatch(next, {
      errors: [TIMEOUT],
      assign: { [this.id]: { decision: TIMED_OUT } },
      outputs: {},
    });
    return chain;
  }

  /** @throws DefinitionError for `States.Timeout`, which is a decision here. */
  override addCatch(handler: IChainable, props: CatchProps = {}): this {
    if (props.errors?.includes(TIMEOUT)) {
      throw new DefinitionError(
        `step "${this.id}" catches ${TIMEOUT}; an approval that nobody decides in time goes on with the decision "${TIMED_OUT}": branch over its output.`,
      );
    }
    return super.addCatch(handler, props);
  }
}

function refuseTitle(step: string, title: Value<string>): void {
  if (typeof title !== 'string' || (title !== '' && title.length <= 500)) return;
  throw new DefinitionError(
    `approval "${step}" has a title of ${title.length} characters; allowed: 1 to 500. What is longer belongs into \`show\`.`,
  );
}

function refuseOptions(step: string, options: readonly string[]): void {
  const distinct = new Set(options).size === options.length;
  if (distinct && options.length >= 1 && options.length <= 10 && options.every(isOption)) return;
  throw new DefinitionError(
    `approval "${step}" has the options ${JSON.stringify(options)}; allowed: 1 to 10 different words of a-z, 0-9 and _ that begin with a letter, at most 40 characters, but "${TIMED_OUT}"`,
  );
}

/** The part of the Amazon States Language (JSONata) that the test kit interprets. */
export interface StateMachine {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
}

/** A value in which every text `{% … %}` is evaluated. */
export type Template = unknown;

/** What a state leaves behind; evaluated on the values at its entry. */
export interface Leaving {
  /** @default - the result, or the input of a state without one */
  readonly Output?: Template;
  readonly Assign?: Readonly<Record<string, Template>>;
}

interface Flowing extends Leaving {
  /** Absent at the end of the machine. */
  readonly Next?: string;
}

interface Recovering extends Flowing {
  readonly Retry?: readonly Retrier[];
  readonly Catch?: readonly Catcher[];
}

export interface Retrier {
  readonly ErrorEquals: readonly string[];
  /** @default 1 */
  readonly IntervalSeconds?: number;
  /** @default 2 */
  readonly BackoffRate?: number;
  /** @default 3 */
  readonly MaxAttempts?: number;
  readonly MaxDelaySeconds?: number;
  /** @default 'NONE' */
  readonly JitterStrategy?: 'FULL' | 'NONE';
}

export interface Catcher extends Leaving {
  readonly ErrorEquals: readonly string[];
  readonly Next: string;
}

export interface TaskState extends Recovering {
  readonly Type: 'Task';
  readonly Resource: string;
  readonly Arguments?: Template;
  /** @default 99,999,999 */
  readonly TimeoutSeconds?: Template;
}
interface PassState extends Flowing {
  readonly Type: 'Pass';
}
interface WaitState extends Flowing {
  readonly Type: 'Wait';
  readonly Seconds?: Template;
  readonly Timestamp?: Template;
}
export interface ChoiceState extends Leaving {
  readonly Type: 'Choice';
  readonly Choices: readonly ChoiceRule[];
  readonly Default?: string;
}
interface ChoiceRule extends Leaving {
  readonly Condition: Template;
  readonly Next: string;
}
export interface MapState extends Recovering {
  readonly Type: 'Map';
  readonly Items?: Template;
  readonly ItemSelector?: Template;
  readonly ItemProcessor: StateMachine;
  readonly MaxConcurrency?: number;
}
export interface ParallelState extends Recovering {
  readonly Type: 'Parallel';
  readonly Branches: readonly StateMachine[];
}
interface SucceedState extends Leaving {
  readonly Type: 'Succeed';
}
interface FailState {
  readonly Type: 'Fail';
  readonly Error?: Template;
  readonly Cause?: Template;
}

export type RecoverableState = TaskState | MapState | ParallelState;
export type State =
  | RecoverableState
  | PassState
  | WaitState
  | ChoiceState
  | SucceedState
  | FailState;

import { type Capability, everywhere, notOnLocalStack } from './claim.ts';

const deadTokensAreUnknown = notOnLocalStack(
  'when an execution has ended its tokens are InvalidToken, and SendTaskFailure accepts them',
);

const lateAnswersAreAccepted = notOnLocalStack(
  'an answer to an attempt that is over is accepted while the execution runs, without effect',
);

export const stepFunctions = {
  'a callback task ends with the output that its token was answered with': everywhere,
  'a start is repeated without effect while its execution runs, and another input refused':
    everywhere,
  'the name of an execution that has ended stays taken': everywhere,
  'an execution has a name of at most 80 characters, without brackets, wildcards and the like':
    notOnLocalStack('any name is accepted'),
  'an execution takes JSON of at most 256 KiB': notOnLocalStack('an input of any size is accepted'),
  'each attempt of a task has a token of its own, and that of the attempt before is dead':
    lateAnswersAreAccepted,
  'an answer that comes after its task has timed out is refused': deadTokensAreUnknown,
  'an answer that comes after its timeout was caught is refused, and the execution goes on without it':
    lateAnswersAreAccepted,
  'an answer that comes after its execution was stopped is refused': deadTokensAreUnknown,
  'one of several answers at once is accepted, and no later one': notOnLocalStack(
    'all answers are accepted while the execution runs',
  ),
  'what never was a token is an invalid token': everywhere,
  'an output that is no JSON or above 256 KiB is refused, and the task goes on waiting':
    notOnLocalStack('any output is accepted; one that is no JSON fails the execution'),
  'a task lives as long as its heartbeats come': deadTokensAreUnknown,
  'a retry waits longer each time, at most MaxDelaySeconds': everywhere,
  'a retry with full jitter comes at any time within its delay': everywhere,
  'an error that no retrier or catcher may handle ends the execution': everywhere,
  'a state machine that takes longer than its TimeoutSeconds is timed out': deadTokensAreUnknown,
  'a stopped execution ends its tasks, waits and branches at once': notOnLocalStack(
    'DescribeExecution does not tell the error and cause of a stop',
  ),
  'a failing branch or item stops the others': everywhere,
  'every change of the status of an execution is an event, a timeout too': everywhere,
  'an undefined result fails the state, wherever it stands': everywhere,
  'a condition is a boolean, items are an array, seconds a number': notOnLocalStack(
    'a condition that is no boolean is States.Runtime, seconds may be a text',
  ),
  'a task, map or parallel state catches a query that fails': everywhere,
  'a state sees the variables from before it': everywhere,
  'variables of a branch or an item stay in it': everywhere,
  'the timeout of a task may be an expression': everywhere,
  'a task is seen in the history while it waits, and when it times out': everywhere,
  'an execution that never ends fails with its event 25,000': notOnLocalStack(
    'no such limit is documented',
  ),
  'an execution runs the definition it was started with, a version its own': everywhere,
} as const satisfies Record<string, Capability>;

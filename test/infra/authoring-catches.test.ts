import { Parallel, Pass } from 'aws-cdk-lib/aws-stepfunctions';
import { describe, expect, test } from 'vitest';
import { ERROR_TABLE, TerminalError } from '#runtime/contracts/errors.ts';
import { runWorkflow } from '#runtime/testing/run-workflow.ts';
import { type LettersFlow, lettersWorkflow } from '../support/authoring.ts';
import { filed, refusalOf, refuses, reply, triage } from '../support/refusals.ts';

/** The step `reply`, which is caught like this. */
const catching = (errors?: string[]) => (flow: LettersFlow) => {
  const step = reply(flow);
  step.addCatch(flow.done('Caught', { outcome: 'filed', reply: 'caught' }), errors && { errors });
  return step.next(filed(flow));
};

describe('a catch without names', () => {
  const { machine } = lettersWorkflow(catching());

  const endOf = async (error: Error) => {
    const result = await runWorkflow(machine(), {
      input: { text: 'Hello' },
      agents: {
        'write-reply': () => {
          throw error;
        },
      },
    });
    return result.status === 'succeeded' ? 'caught' : result.error?.name;
  };

  test.each(['STOPPED', 'SUPERSEDED', 'DEADLINE_EXCEEDED', 'BUDGET_EXHAUSTED'] as const)(
    'lets %s end the run',
    async (code) => {
      expect(await endOf(new TerminalError('over', { code }))).toBe(ERROR_TABLE[code].boundary);
    },
  );

  test.each(['TERMINAL', 'OUTPUT_INVALID', 'EFFECT_UNCERTAIN'] as const)(
    'catches %s',
    async (code) => {
      expect(await endOf(new TerminalError('no', { code }))).toBe('caught');
    },
  );

  test('catches what the contract declares', async () => {
    const illegible = new TerminalError('blurred', { errorName: 'Letter.Illegible' });
    expect(await endOf(illegible)).toBe('caught');
  });

  test("lets the state's timeout, which is the deadline of the run, end the run", () => {
    expect(machine()).toMatchObject({
      States: {
        reply: {
          Catch: [{ ErrorEquals: expect.not.arrayContaining(['States.Timeout', 'States.ALL']) }],
        },
      },
    });
  });
});

describe('a catch by name', () => {
  test.each([
    'Agent.BudgetExhausted',
    'Agent.DeadlineExceeded',
    'Agent.Retryable',
    'Letter.Illegible',
    'States.Timeout',
    'States.QueryEvaluationError',
  ])('may name %s', (name) => {
    expect(refusalOf(catching([name]))).toBe('not refused');
  });

  refuses([
    [
      'States.ALL is refused',
      catching(['States.ALL']),
      'step "reply" catches "States.ALL", which holds the stop and the deadline of the run as well',
      'Leave `errors` out',
    ],
    ['States.TaskFailed is refused', catching(['States.TaskFailed']), 'holds the stop'],
    ['a stop is refused', catching(['Agent.Stopped']), 'the run has nothing left to do'],
    [
      'a misspelt name is refused',
      catching(['Agent.OutputInvlid']),
      'catches "Agent.OutputInvlid", which no attempt of its agent ends with',
      'Agent.OutputInvalid, ',
    ],
    [
      'a name that the contract does not declare is refused',
      catching(['Letter.Lost']),
      'catches "Letter.Lost"',
      'Letter.Illegible',
    ],
    ['no name is refused', catching([]), 'catches no error'],
  ]);
});

describe('a catch around branches with agent steps', () => {
  const around = (errors?: string[]) => (flow: LettersFlow) => {
    const both = Parallel.jsonata(flow.scope, 'Both').branch(triage(flow));
    both.addCatch(Pass.jsonata(flow.scope, 'Sorry'), errors && { errors });
    return both.next(filed(flow));
  };
  refuses([
    [
      'is refused when it would hold a stop',
      around(),
      'state "Both" catches States.ALL around agent steps',
      'Catch at the steps',
    ],
  ]);

  test('may name what it handles', () => {
    expect(refusalOf(around(['Agent.OutputInvalid']))).toBe('not refused');
  });
});

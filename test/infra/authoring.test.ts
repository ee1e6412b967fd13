import { Template } from 'aws-cdk-lib/assertions';
import { Choice, Parallel, QueryLanguage } from 'aws-cdk-lib/aws-stepfunctions';
import { describe, expect, test } from 'vitest';
import { ERROR_TABLE, RetryableError, TerminalError } from '#runtime/contracts/errors.ts';
import { runWorkflow } from '#runtime/testing/run-workflow.ts';
import { is, orElse } from '../../infra/constructs/expression.ts';
import {
  type LettersFlow,
  lettersWorkflow,
  sortLetter,
  twoSteps,
  writeReply,
} from '../support/authoring.ts';

const sorted = (more = {}) => ({ kind: 'bill', pages: 1, tags: ['a'], ...more });
const agents = {
  'sort-letter': () => sorted(),
  'write-reply': () => ({ reply: 'Dear', polite: true }),
};
const input = { text: 'Hello' };

const machine = lettersWorkflow(twoSteps).machine() as {
  readonly States: Readonly<Record<string, { readonly Retry: readonly Retrier[] }>>;
};
interface Retrier {
  readonly ErrorEquals: readonly string[];
  readonly MaxAttempts: number;
}

describe('the task of an agent step', () => {
  test('is exactly the task of the definition document', () => {
    expect(machine.States.reply).toEqual({
      Type: 'Task',
      Resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken',
      Arguments: {
        QueueUrl: 'https://sqs.us-east-1.amazonaws.com/000000000000/signalbox-dev-write-reply',
        MessageGroupId: '{% $states.context.Execution.Input.sb.tenant %}',
        MessageBody: {
          schemaVersion: 1,
          run: '{% $states.context.Execution.Input.sb %}',
          step: {
            path: 'reply',
            agent: 'write-reply',
            kind: 'agent',
            inlineBytes: 32_768,
            maxAttempts: 3,
            attempt: {
              redrive:
                '{% ($states.context.Execution.RedriveCount ? $states.context.Execution.RedriveCount : 0) %}',
              retry: '{% $states.context.State.RetryCount %}',
            },
            enteredAt: '{% $states.context.State.EnteredTime %}',
          },
          input: {
            text: '{% $states.context.Execution.Input.input.text %}',
            tags: '{% $triage.tags %}',
          },
          taskToken: '{% $states.context.Task.Token %}',
        },
      },
      TimeoutSeconds: 600,
      Retry: [
        { ErrorEquals: expect.any(Array), MaxAttempts: 0 },
        {
          ErrorEquals: ['Agent.Retryable'],
          IntervalSeconds: 2,
          BackoffRate: 2,
          MaxAttempts: 2,
          MaxDelaySeconds: 60,
          JitterStrategy: 'FULL',
        },
        {
          ErrorEquals: ['States.TaskFailed'],
          IntervalSeconds: 1,
          BackoffRate: 2,
          MaxAttempts: 5,
          MaxDelaySeconds: 20,
          JitterStrategy: 'FULL',
        },
      ],
      Assign: { reply: '{% $states.result %}' },
      Output: {},
      Next: 'Replied',
    });
  });

  test('never retries what the error table calls terminal, timeouts of the state, and what the contract declares', () => {
    const [never, again] = machine.States.reply?.Retry ?? [];
    const rules = Object.values(ERROR_TABLE);
    const terminal = rules.filter((rule) => !rule.retryable).map((rule) => rule.boundary);
    const retryable = rules.filter((rule) => rule.retryable).map((rule) => rule.boundary);
    expect(terminal.length).toBeGreaterThan(5);
    expect(new Set(never?.ErrorEquals)).toEqual(
      new Set([...terminal, 'States.Timeout', 'States.QueryEvaluationError', 'Letter.Illegible']),
    );
    expect(new Set(again?.ErrorEquals)).toEqual(new Set(retryable));
  });
});

describe('retries of an agent step', () => {
  test('knows the number of its attempts, from the contract or from the step', () => {
    const { machine: own } = lettersWorkflow((flow) => {
      const triage = flow.step('triage', sortLetter, { text: flow.input.text }, { retries: 0 });
      return triage.next(flow.done('Filed', { outcome: 'filed', reply: '' }));
    });
    expect(own()).toMatchObject({
      States: {
        triage: {
          Arguments: { MessageBody: { step: { maxAttempts: 1 } } },
          Retry: [{}, { ErrorEquals: ['Agent.Retryable'], MaxAttempts: 0 }, {}],
        },
      },
    });
  });

  test('takes no retrier of the author', () => {
    const add = (flow: LettersFlow) =>
      flow.step('triage', sortLetter, { text: flow.input.text }).addRetry();
    expect(() => lettersWorkflow(add)).toThrow('step "triage": addRetry is not for agent steps');
  });

  test.each([-1, 11, 1.5])('refuses %d retries', (retries) => {
    const steps = (flow: LettersFlow) =>
      flow.step('triage', sortLetter, { text: flow.input.text }, { retries });
    expect(() => lettersWorkflow(steps)).toThrow(`retries is ${retries}; allowed: `);
  });

  test('costs one transition and six events, and one transition and four events per retry', async () => {
    const clean = await runWorkflow(machine, { input, agents });
    expect(clean).toMatchObject({
      status: 'succeeded',
      output: { outcome: 'replied', reply: 'Dear' },
      transitions: 2 + 1, // two steps and flow.done
      historyEvents: 2 * 6 + 2 + 2,
    });
    const retried = await runWorkflow(machine, {
      input,
      agents: {
        ...agents,
        'sort-letter': (_input, { attempt }) => {
          if (attempt < 3) throw new RetryableError('busy');
          return sorted();
        },
      },
    });
    expect(retried.transitions).toBe(clean.transitions + 2);
    expect(retried.historyEvents).toBe(clean.historyEvents + 2 * 4);
  });
});

describe('a workflow', () => {
  const { stack, workflow } = lettersWorkflow(twoSteps);
  const template = Template.fromStack(stack);

  test('is one traced Standard state machine of a derived name, whose log has no data of runs', () => {
    template.resourceCountIs('AWS::StepFunctions::StateMachine', 1);
    template.hasResourceProperties('AWS::StepFunctions::StateMachine', {
      StateMachineName: 'signalbox-dev-letters',
      TracingConfiguration: { Enabled: true },
      LoggingConfiguration: { Level: 'ALL', IncludeExecutionData: false },
    });
  });

  test('may send to the queues of its agents and to no other', () => {
    const policies = Object.values(template.findResources('AWS::IAM::Policy'));
    const queues = JSON.stringify(policies).match(/signalbox-dev-[a-z-]+/g);
    expect(new Set(queues)).toEqual(
      new Set(['signalbox-dev-sort-letter', 'signalbox-dev-write-reply']),
    );
  });

  test('has the same version for the same definition, another for another', () => {
    const again = lettersWorkflow(twoSteps).workflow.definitionVersion;
    const other = lettersWorkflow((flow) => {
      const triage = flow.step('triage', sortLetter, { text: flow.input.text });
      return triage.next(flow.done('Filed', { outcome: 'filed', reply: '' }));
    }).workflow.definitionVersion;
    expect(workflow.definitionVersion).toMatch(/^[0-9a-f]{16}$/);
    expect(again).toBe(workflow.definitionVersion);
    expect(other).not.toBe(workflow.definitionVersion);
  });
});

describe('choices and catches', () => {
  /** Bills are answered, everything else and every illegible letter is filed. */
  const { machine } = lettersWorkflow((flow) => {
    const { text } = flow.input;
    const triage = flow.step('triage', sortLetter, { text });
    const reply = flow.step('reply', writeReply, { text, tags: triage.output.tags });
    const filed = flow.done('Filed', {
      outcome: 'filed',
      reply: orElse(triage.output.sender, 'nobody'),
    });
    reply.addCatch(filed, { errors: ['Letter.Illegible', 'Agent.BudgetExhausted'] });
    return triage.next(
      Choice.jsonata(flow.scope, 'IsBill')
        .when(
          is.equal(triage.output.kind, 'bill'),
          reply.next(flow.done('Replied', { outcome: 'replied', reply: reply.output.reply })),
        )
        .otherwise(filed),
    );
  });
  const run = (more = {}) => runWorkflow(machine(), { input, agents: { ...agents, ...more } });
  const throwing = (error: Error) => () => {
    throw error;
  };

  test('a choice follows the reference', async () => {
    const bill = await run();
    const other = await run({ 'sort-letter': () => sorted({ kind: 'other', sender: 'Ann' }) });
    expect(bill).toMatchObject({ output: { outcome: 'replied', reply: 'Dear' } });
    expect(other).toMatchObject({ output: { outcome: 'filed', reply: 'Ann' } });
    expect(other.steps.map(({ path }) => path)).toEqual(['triage']);
  });

  test('a declared error and a fixed one are caught by name, at the first try', async () => {
    const illegible = new TerminalError('blurred', { errorName: 'Letter.Illegible' });
    const spent = new TerminalError('spent', { code: 'BUDGET_EXHAUSTED' });
    for (const error of [illegible, spent]) {
      const result = await run({ 'write-reply': throwing(error) });
      expect(result).toMatchObject({ output: { outcome: 'filed', reply: 'nobody' } });
      expect(result.steps).toHaveLength(2);
    }
  });

  test('what is not named ends the run', async () => {
    const result = await run({ 'write-reply': throwing(new TerminalError('no')) });
    expect(result).toMatchObject({ status: 'failed', error: { name: 'Agent.Terminal' } });
  });
});

describe('plain states around agent steps', () => {
  test('branches of a Parallel may have agent steps', async () => {
    const { machine } = lettersWorkflow((flow) => {
      const both = new Parallel(flow.scope, 'Both', { queryLanguage: QueryLanguage.JSONATA });
      both.branch(flow.step('triage', sortLetter, { text: flow.input.text }));
      both.branch(flow.step('reply', writeReply, { text: flow.input.text, tags: [] }));
      return both.next(flow.done('Filed', { outcome: 'filed', reply: '' }));
    });
    const result = await runWorkflow(machine(), { input, agents });
    expect(result).toMatchObject({ status: 'succeeded', transitions: 1 + 2 + 1 });
  });
});

import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Choice, type IChainable } from 'aws-cdk-lib/aws-stepfunctions';
import { describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { workflowContract } from '#runtime/contracts/workflow.ts';
import { runWorkflow } from '#runtime/testing/run-workflow.ts';
import { AgentWorkflow } from '../../infra/constructs/agent-workflow.ts';
import { is, jsonata, orElse } from '../../infra/constructs/expression.ts';
import type { Flow } from '../../infra/constructs/flow.ts';
import { OperationsStack } from '../../infra/stacks/operations-stack.ts';
import { synthesizedMachine } from '../../infra/synthesized-machine.ts';
import { testApp } from '../support/deployment.ts';
import { roleStatements } from '../support/template.ts';

const orders = workflowContract({
  name: 'orders',
  deadlineSeconds: 600,
  input: z.object({ title: z.string() }),
  output: z.object({ outcome: z.string(), by: z.string() }),
  events: { 'payment.received': z.object({ amount: z.number() }) },
});
type OrdersFlow = Flow<typeof orders>;

function ordersWorkflow(definition: (flow: OrdersFlow) => IChainable) {
  const stack = new Stack(testApp(), 'Workflows');
  const workflow = new AgentWorkflow(stack, 'Orders', { contract: orders, definition });
  return { workflow, machine: synthesizedMachine(stack, 'orders') as Machine };
}

/** What is looked at of a definition. */
interface Machine {
  readonly States: Readonly<Record<string, State>>;
}

interface State {
  readonly Arguments?: unknown;
  readonly Retry?: readonly Readonly<Record<string, unknown>>[];
}

const payThenShip = (flow: OrdersFlow): IChainable => {
  const paid = flow.waitFor('paid', { event: 'payment.received', timeoutSeconds: 60 });
  const ship = flow.approval('ship', {
    title: jsonata<string>`'Ship ' & ${flow.input.title}`,
    show: { amount: paid.output.amount },
    timeoutHours: 24,
  });
  const done = (id: string, outcome: string) =>
    flow.done(id, { outcome, by: orElse(ship.output.by, 'nobody') });
  return paid.next(
    ship.next(
      Choice.jsonata(flow.scope, 'Shipped')
        .when(is.equal(ship.output.decision, 'approve'), done('Yes', 'shipped'))
        .when(is.equal(ship.output.decision, 'timed_out'), done('Late', 'late'))
        .otherwise(done('No', 'kept')),
    ),
  );
};

const { machine, workflow } = ordersWorkflow(payThenShip);
const input = { title: 'a lamp' };
const paid = () => ({ amount: 12 });

describe('the task of a wait', () => {
  test('is the one of the definition document: the platform is asked, the wait is its timeout', () => {
    const { Arguments, ...state } = machine.States.ship ?? {};
    expect(Arguments).toMatchObject({
      QueueUrl: 'https://sqs.us-east-1.amazonaws.com/000000000000/signalbox-dev-platform',
      MessageBody: {
        step: { path: 'ship', agent: 'platform', kind: 'wait', maxAttempts: 1 },
        input: {
          for: 'approval',
          show: { amount: '{% $paid.amount %}' },
          options: ['approve', 'reject'],
          timeoutSeconds: 86_400,
        },
        taskToken: '{% $states.context.Task.Token %}',
      },
    });
    expect(state).toMatchObject({
      Resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken',
      TimeoutSeconds: 86_410,
      Assign: { ship: '{% $states.result %}' },
      Output: {},
      Next: 'Shipped',
      Catch: [
        {
          ErrorEquals: ['States.Timeout'],
          Assign: { ship: { decision: 'timed_out' } },
          Output: {},
          Next: 'Shipped',
        },
      ],
    });
    expect(state).not.toHaveProperty('HeartbeatSeconds');
  });

  test('is never tried again but for its dispatch', () => {
    const [never, dispatch] = machine.States.paid?.Retry ?? [];
    expect(never).toMatchObject({ MaxAttempts: 0 });
    expect(never?.ErrorEquals).toContain('States.Timeout');
    expect(dispatch).toMatchObject({ ErrorEquals: ['States.TaskFailed'], MaxAttempts: 5 });
  });

  test('names no agent that the fleet would look for', () => {
    expect(workflow.agents).toEqual([]);
  });
});

describe('a workflow that waits, run by the test kit', () => {
  test('a wait costs one transition, an approval with its branch two', async () => {
    const run = await runWorkflow(machine, {
      input,
      agents: {},
      waits: {
        paid,
        ship: async (asked, call) => {
          expect(asked).toMatchObject({ title: 'Ship a lamp', show: { amount: 12 } });
          await call.sleep(3_600_000);
          return 'approve';
        },
      },
    });
    expect(run).toMatchObject({
      status: 'succeeded',
      output: { outcome: 'shipped', by: 'test' },
      elapsedMs: 3_600_000,
      // paid, ship, Shipped, and the Pass that is the end.
      transitions: 4,
    });
  });

  test.each([
    ['a rejection', () => ({ decision: 'reject', by: 'ann' }), { outcome: 'kept', by: 'ann' }],
    ['nothing in time', () => undefined, { outcome: 'late', by: 'nobody' }],
  ])('%s takes its branch', async (_, ship, output) => {
    const run = await runWorkflow(machine, { input, agents: {}, waits: { paid, ship } });
    expect(run).toMatchObject({ status: 'succeeded', output });
  });

  test('an event that does not come in time fails the run with States.Timeout', async () => {
    const run = await runWorkflow(machine, {
      input,
      agents: {},
      waits: { paid: () => undefined },
    });
    expect(run).toMatchObject({ status: 'failed', error: { name: 'States.Timeout' } });
    expect(run.elapsedMs).toBe(70_000);
  });

  test.each([
    ['a wait that nobody has scripted', {}, 'step "paid" waits'],
    ['a decision that is no option', { paid, ship: () => 'maybe' }, 'allowed: approve, reject'],
  ])('%s is a mistake of the test', async (_, waits, says) => {
    await expect(runWorkflow(machine, { input, agents: {}, waits })).rejects.toThrow(says);
  });
});

const end = (flow: OrdersFlow) => flow.done('End', { outcome: '', by: '' });
const approve = (flow: OrdersFlow, props: object) =>
  flow.approval('ship', { title: 'Ship?', timeoutHours: 1, ...props });

describe('synth refuses, by name', () => {
  test.each<readonly [string, (flow: OrdersFlow) => IChainable, string]>([
    [
      'an event that the workflow does not know',
      (flow) =>
        flow
          .waitFor('paid', { event: 'payment.lost' as 'payment.received', timeoutSeconds: 1 })
          .next(end(flow)),
      'waits for event "payment.lost"; its contract\'s `events` has: payment.received',
    ],
    [
      'a wait of no time',
      (flow) =>
        flow.waitFor('paid', { event: 'payment.received', timeoutSeconds: 0 }).next(end(flow)),
      'step "paid" waits for 0 s; allowed: whole seconds from 1 to',
    ],
    [
      'options that the platform has taken',
      (flow) => approve(flow, { options: ['timed_out'] }).next(end(flow)),
      'has the options ["timed_out"]',
    ],
    ['an empty title', (flow) => approve(flow, { title: '' }).next(end(flow)), 'a title of 0'],
    [
      'a step of the same name',
      (flow) => approve(flow, {}).next(approve(flow, {})),
      'step "ship" is declared twice',
    ],
    [
      'a wait that outlives what the stage keeps',
      (flow) => approve(flow, { timeoutHours: 24 * 90 }).next(end(flow)),
      'its waits included',
    ],
    [
      'catching what is a decision',
      (flow) =>
        approve(flow, {})
          .addCatch(end(flow), { errors: ['States.Timeout'] })
          .next(end(flow)),
      'branch over its output',
    ],
    [
      'reading what may not have come',
      (flow) => {
        const wait = flow.waitFor('paid', { event: 'payment.received', timeoutSeconds: 1 });
        const after = flow.done('End', { outcome: jsonata<string>`${wait.output.amount}`, by: '' });
        return wait.addCatch(after, { errors: ['States.Timeout'] }).next(after);
      },
      'reads the output of step "paid"',
    ],
  ])('%s', (_, definition, says) => {
    expect(() => ordersWorkflow(definition)).toThrow(says);
  });
});

describe("OperationsStack's server of waits", () => {
  const template = Template.fromStack(new OperationsStack(testApp()));

  test('takes what the platform queue holds, and gives up what breaks it', () => {
    template.hasResourceProperties('AWS::SQS::Queue', {
      QueueName: 'signalbox-dev-platform',
      VisibilityTimeout: 180,
    });
    template.hasResourceProperties('AWS::Lambda::Function', {
      FunctionName: 'signalbox-dev-serve-platform',
    });
  });

  test('may use the ledger, tell events and answer tasks, and nothing else', () => {
    const actions = roleStatements(template)
      .filter(({ of }) => of.startsWith('Waits'))
      .flatMap(({ actions }) => actions);
    const services = [...new Set(actions.map((action) => action.split(':')[0]))];
    expect(services.sort()).toEqual(['dynamodb', 'kinesis', 'logs', 'sqs', 'states']);
    expect(actions).not.toContain('dynamodb:DeleteItem');
    expect(actions).not.toContain('states:StartExecution');
  });
});

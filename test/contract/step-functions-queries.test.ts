/**
 * https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html (JSONata)
 * https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html
 * and aws-facts.md 1.5.
 */
import { expect } from 'vitest';
import { type Contract, contractTest } from './harness.ts';
import type { Definition } from './support/machines.ts';

const run = async ({ stateMachine, start, ended }: Contract, states: Definition, input = {}) => {
  const [first] = Object.keys(states);
  const machine = await stateMachine({ StartAt: first, States: states });
  return ended(await start(machine, input));
};

const FAILED = { status: 'FAILED', error: 'States.QueryEvaluationError' };
const done = { Type: 'Succeed' };
const item = { StartAt: 'Item', States: { Item: { Type: 'Pass', End: true } } };

/** Fails where its message cannot be evaluated; otherwise at once, as the queue does not exist. */
const send = (message: unknown) => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::sqs:sendMessage',
  Arguments: { QueueUrl: 'https://sqs.us-east-1.amazonaws.com/0/absent', MessageBody: message },
});

contractTest('an undefined result fails the state, wherever it stands', async (contract) => {
  for (const undefinedValue of [
    '{% $states.input.absent %}',
    '{% $exists(1) ? $states.input.a.b %}',
  ]) {
    const cases: readonly Definition[] = [
      { One: { ...send({ field: undefinedValue }), End: true } },
      { One: { Type: 'Pass', Output: { list: [undefinedValue] }, End: true } },
      { One: { Type: 'Pass', Assign: { name: undefinedValue }, Next: 'Two' }, Two: done },
      { One: { Type: 'Choice', Choices: [{ Condition: undefinedValue, Next: 'Two' }] }, Two: done },
      { One: { Type: 'Map', Items: undefinedValue, ItemProcessor: item, End: true } },
      {
        One: {
          Type: 'Map',
          Items: [1],
          ItemSelector: { field: undefinedValue },
          ItemProcessor: item,
          End: true,
        },
      },
      { One: { Type: 'Wait', Seconds: undefinedValue, End: true } },
      { One: { Type: 'Fail', Error: undefinedValue } },
    ];
    const ends = await Promise.all(cases.map((states) => run(contract, states)));
    expect(ends).toEqual(cases.map(() => expect.objectContaining(FAILED)));
  }
});

contractTest('a condition is a boolean, items are an array, seconds a number', async (contract) => {
  const cases: readonly Definition[] = [
    ...['{% 1 %}', "{% 'true' %}", '{% null %}', '{% [true] %}'].map((condition) => ({
      One: { Type: 'Choice', Choices: [{ Condition: condition, Next: 'Two' }], Default: 'Two' },
      Two: done,
    })),
    { One: { Type: 'Map', Items: '{% 1 %}', ItemProcessor: item, End: true } },
    { One: { Type: 'Wait', Seconds: "{% '1' %}", End: true } },
  ];
  const ends = await Promise.all(cases.map((states) => run(contract, states)));
  expect(ends).toEqual(cases.map(() => expect.objectContaining(FAILED)));
});

contractTest('a task, map or parallel state catches a query that fails', async (contract) => {
  const caught = {
    Catch: [
      {
        ErrorEquals: ['States.QueryEvaluationError'],
        Output: '{% $states.errorOutput.Error %}',
        Next: 'Caught',
      },
    ],
    End: true,
  };
  const broken = '{% $states.input.absent %}';
  const end = { Caught: { Type: 'Pass', End: true } };
  const branch = {
    StartAt: 'Inner',
    States: { Inner: { Type: 'Pass', Output: broken, End: true } },
  };
  const cases: readonly Definition[] = [
    { One: { ...send(broken), ...caught }, ...end },
    { One: { Type: 'Map', Items: broken, ItemProcessor: item, ...caught }, ...end },
    { One: { Type: 'Map', Items: [1], ItemProcessor: branch, ...caught }, ...end },
    { One: { Type: 'Parallel', Branches: [branch], ...caught }, ...end },
  ];
  const ends = await Promise.all(cases.map((states) => run(contract, states)));
  expect(ends).toEqual(
    cases.map(() => ({ status: 'SUCCEEDED', output: 'States.QueryEvaluationError' })),
  );
});

contractTest('a state sees the variables from before it', async (contract) => {
  const end = await run(contract, {
    Set: { Type: 'Pass', Assign: { a: 1, b: null }, Next: 'Swap' },
    Swap: {
      Type: 'Pass',
      Assign: { a: '{% $b %}', b: '{% $a %}' },
      Output: { during: ['{% $a %}', '{% $b %}'] },
      Next: 'Show',
    },
    Show: { Type: 'Succeed', Output: { was: '{% $states.input.during %}', is: '{% [$a, $b] %}' } },
  });
  expect(end).toEqual({ status: 'SUCCEEDED', output: { was: [1, null], is: [null, 1] } });
});

contractTest('variables of a branch or an item stay in it', async (contract) => {
  const inner = (value: unknown) => ({
    StartAt: 'Set',
    States: {
      Set: { Type: 'Pass', Assign: { mine: value }, Next: 'Wait' },
      Wait: { Type: 'Wait', Seconds: 1, Next: 'Show' },
      Show: { Type: 'Pass', Output: '{% [$outer, $mine] %}', End: true },
    },
  });
  const gone = '{% $exists($mine) %}';
  const end = await run(contract, {
    Set: { Type: 'Pass', Assign: { outer: 'o' }, Next: 'Each' },
    Each: {
      Type: 'Map',
      Items: [1, 2, 3],
      ItemProcessor: inner('{% $states.input * 2 %}'),
      Output: { items: '{% $states.result %}', itemsLeft: gone },
      Next: 'Both',
    },
    Both: {
      Type: 'Parallel',
      Arguments: { n: 5 },
      Branches: [inner('{% $states.input.n %}'), inner('{% $states.input.n + 1 %}')],
      Assign: { both: '{% $states.result %}' },
      Output: '{% $merge([$states.input, { "branchesLeft": $exists($mine) }]) %}',
      Next: 'Show',
    },
    Show: { Type: 'Succeed', Output: '{% $merge([$states.input, { "branches": $both }]) %}' },
  });
  expect(end).toEqual({
    status: 'SUCCEEDED',
    output: {
      items: [
        ['o', 2],
        ['o', 4],
        ['o', 6],
      ],
      itemsLeft: false,
      branches: [
        ['o', 5],
        ['o', 6],
      ],
      branchesLeft: false,
    },
  });
});

contractTest('the timeout of a task may be an expression', async (contract) => {
  const work = await contract.queue();
  const timeout = { TimeoutSeconds: '{% $states.input.seconds %}', End: true };
  const end = await run(contract, { Ask: contract.callbackTask(work, timeout) }, { seconds: 1 });
  expect(end).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
});

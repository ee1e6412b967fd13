import { describe, expect, test } from 'vitest';
import { failed, machine, type Play, play, succeeded, task } from '../../support/machines.ts';

const end = { Type: 'Pass', Output: '{% $states.input %}', End: true };

describe('variables', () => {
  test('Assign and Output see the values at entry', async () => {
    const result = await play(
      machine('first', {
        first: { Type: 'Pass', Assign: { n: 1 }, Next: 'second' },
        second: {
          Type: 'Pass',
          Assign: { n: '{% $n + 1 %}', copy: '{% $n %}' },
          Output: '{% $n %}',
          Next: 'third',
        },
        third: {
          Type: 'Pass',
          Output: ['{% $states.input %}', '{% $n %}', '{% $copy %}'],
          End: true,
        },
      }),
    );
    expect(result).toMatchObject({ status: 'succeeded', output: [1, 2, 1] });
  });

  test("a task's result is assigned, its output is what Output says", async () => {
    const result = await play(
      machine('plan', {
        plan: task('plan', { Assign: { plan: '{% $states.result %}' }, Output: {}, Next: 'end' }),
        end: {
          Type: 'Pass',
          Output: { seen: '{% $states.input %}', plan: '{% $plan.x %}' },
          End: true,
        },
      }),
      { answers: { plan: () => succeeded({ x: 7 }) } },
    );
    expect(result).toMatchObject({ output: { seen: {}, plan: 7 } });
  });

  test('an expression that finds nothing fails the state, by name', async () => {
    const result = await play(
      machine('end', {
        end: { Type: 'Pass', Output: { x: '{% $states.input.nothing %}' }, End: true },
      }),
    );
    expect(result).toMatchObject({ status: 'failed', error: 'States.QueryEvaluationError' });
    expect(result).toHaveProperty('cause', expect.stringContaining('$states.input.nothing'));
  });

  test('a missing field can be caught by the task that reads it', async () => {
    const result = await play(
      machine('read', {
        read: task(
          'read',
          {
            Catch: [{ ErrorEquals: ['States.QueryEvaluationError'], Next: 'end' }],
            Next: 'unreached',
          },
          { x: '{% $states.input.nothing %}' },
        ),
        unreached: { Type: 'Fail', Error: 'Unreached' },
        end: { Type: 'Pass', Output: '{% $states.input.Error %}', End: true },
      }),
    );
    expect(result).toMatchObject({ output: 'States.QueryEvaluationError', sent: [] });
  });

  test('the envelope and the input are in the context of every state', async () => {
    const result = await play(
      machine('end', {
        end: {
          Type: 'Pass',
          Output: '{% $states.context.Execution.Input.sb.tenant & $states.context.State.Name %}',
          End: true,
        },
      }),
      { input: { sb: { tenant: 'acme' } } },
    );
    expect(result).toMatchObject({ output: 'acmeend' });
  });
});

const retrying = (more = {}) =>
  machine('work', {
    work: task('work', {
      Retry: [
        { ErrorEquals: ['Never', 'States.Timeout'], MaxAttempts: 0 },
        { ErrorEquals: ['Again'], IntervalSeconds: 2, BackoffRate: 2, MaxAttempts: 3 },
        { ErrorEquals: ['States.TaskFailed'], IntervalSeconds: 1, MaxAttempts: 5 },
      ],
      End: true,
      ...more,
    }),
  });

describe('Retry', () => {
  test('retries wait longer each time, then give up with the last error', async () => {
    const result = await play(retrying(), {
      answers: { work: (n) => failed('Again', `try ${n}`) },
    });
    expect(result).toMatchObject({ status: 'failed', error: 'Again', cause: 'try 3' });
    expect(result.sent.map(({ atMs }) => atMs)).toEqual([0, 2000, 6000, 14_000]);
  });

  test('a name of the first retrier is never tried again', async () => {
    const result = await play(retrying(), { answers: { work: () => failed('Never') } });
    expect(result).toMatchObject({ status: 'failed', error: 'Never', transitions: 1 });
    expect(result.sent).toHaveLength(1);
  });

  test('retriers count apart', async () => {
    const result = await play(retrying(), {
      answers: { work: (n) => (n < 6 ? failed(n % 2 ? 'Other' : 'Again') : succeeded('ok')) },
    });
    expect(result).toMatchObject({ status: 'succeeded', output: 'ok' });
    expect(result.sent.map(({ atMs }) => atMs)).toEqual([
      0, 2000, 3000, 7000, 9000, 17_000, 21_000,
    ]);
  });

  test('jitter shortens waits by the randomness it is given', async () => {
    const jittered = retrying({
      Retry: [
        { ErrorEquals: ['Again'], IntervalSeconds: 4, MaxAttempts: 1, JitterStrategy: 'FULL' },
      ],
    });
    const result = await play(jittered, {
      random: () => 0.25,
      answers: { work: () => failed('Again') },
    });
    expect(result.sent.map(({ atMs }) => atMs)).toEqual([0, 1000]);
  });
});

describe('Task', () => {
  test('every attempt has a token of its own and knows its number', async () => {
    const result = await play(
      machine('work', {
        work: task(
          'work',
          { Retry: [{ ErrorEquals: ['States.ALL'], MaxAttempts: 2 }], End: true },
          {
            retry: '{% $states.context.State.RetryCount %}',
            token: '{% $states.context.Task.Token %}',
          },
        ),
      }),
      { answers: { work: (n) => (n < 2 ? failed('Again') : succeeded({})) } },
    );
    expect(result.sent.map(({ message }) => message.retry)).toEqual([0, 1, 2]);
    expect(new Set(result.sent.map(({ taskToken }) => taskToken)).size).toBe(3);
    expect(result.sent.map(({ message }) => message.token)).toEqual(
      result.sent.map(({ taskToken }) => taskToken),
    );
  });

  test('an answer that comes too late counts for nothing: the state timed out', async () => {
    const result = await play(retrying({ TimeoutSeconds: 300 }), {
      answers: {
        work: async (_n, _sent, time) => {
          await time.sleep(400_000);
          return succeeded('late');
        },
      },
    });
    expect(result).toMatchObject({ status: 'failed', error: 'States.Timeout', elapsedMs: 300_000 });
    expect(result.sent).toHaveLength(1);
  });

  test('an answer in time cancels the timeout', async () => {
    const result = await play(retrying({ TimeoutSeconds: 300 }), {
      answers: {
        work: async (_n, _sent, time) => {
          await time.sleep(299_000);
          return succeeded('in time');
        },
      },
    });
    expect(result).toMatchObject({ output: 'in time', elapsedMs: 299_000 });
  });

  test('what a dispatch throws is not an answer: it ends the interpretation', async () => {
    const broken = play(retrying(), {
      answers: { work: () => Promise.reject(new RangeError('broken test')) },
    });
    await expect(broken).rejects.toThrow(RangeError);
  });
});

describe('Catch', () => {
  const caught = (Catch: readonly unknown[]) =>
    machine('work', {
      work: task('work', { Catch, Assign: { work: '{% $states.result %}' }, Next: 'unreached' }),
      unreached: { Type: 'Fail', Error: 'Unreached' },
      named: { Type: 'Pass', Output: { by: 'named', input: '{% $states.input %}' }, End: true },
      all: {
        Type: 'Pass',
        Output: { by: 'all', had: '{% $exists($work) %}', reason: '{% $reason %}' },
        End: true,
      },
    });
  const both = [
    { ErrorEquals: ['Agent.BudgetExhausted'], Next: 'named' },
    {
      ErrorEquals: ['States.ALL'],
      Assign: { reason: '{% $states.errorOutput.Cause %}' },
      Output: '{% $states.errorOutput.Error %}',
      Next: 'all',
    },
  ];

  test('catches by name; the error is the output unless Output says otherwise', async () => {
    const result = await play(caught(both), {
      answers: { work: () => failed('Agent.BudgetExhausted', 'spent') },
    });
    expect(result).toMatchObject({
      output: { by: 'named', input: { Error: 'Agent.BudgetExhausted', Cause: 'spent' } },
    });
  });

  test('the first match wins, its Assign sets variables, the step has no output', async () => {
    const result = await play(caught(both), {
      answers: { work: () => failed('Agent.Terminal', 'no') },
    });
    expect(result).toMatchObject({ output: { by: 'all', had: false, reason: 'no' } });
  });

  test('States.ALL does not catch what is too large', async () => {
    const result = await play(caught(both), {
      answers: { work: () => succeeded('x'.repeat(262_145)) },
    });
    expect(result).toMatchObject({ status: 'failed', error: 'States.DataLimitExceeded' });
  });

  test('States.ALL does not catch States.Runtime', async () => {
    const result = await play(caught(both), { answers: { work: () => failed('States.Runtime') } });
    expect(result).toMatchObject({ status: 'failed', error: 'States.Runtime' });
  });

  test('a catcher is asked only after the retriers', async () => {
    const states = caught(both).States as { readonly work: object };
    const definition = machine('work', {
      ...states,
      work: { ...states.work, Retry: [{ ErrorEquals: ['Again'], MaxAttempts: 2 }] },
    });
    const result = await play(definition, {
      answers: { work: (n) => failed('Again', `try ${n}`) },
    });
    expect(result).toMatchObject({ output: { by: 'all', reason: 'try 2' } });
    expect(result.sent).toHaveLength(3);
  });
});

describe('Choice', () => {
  const choice = (Choices: readonly unknown[], Default?: string) =>
    machine('choose', {
      choose: {
        Type: 'Choice',
        Choices,
        ...(Default ? { Default, Assign: { by: 'default' } } : {}),
      },
      end: { Type: 'Pass', Output: '{% $by %}', End: true },
    });

  test('the first rule that holds is taken, with its Assign', async () => {
    const rules = [
      { Condition: '{% $states.input.n > 10 %}', Assign: { by: 'first' }, Next: 'end' },
      { Condition: '{% $states.input.n > 5 %}', Assign: { by: 'second' }, Next: 'end' },
      { Condition: '{% true %}', Assign: { by: 'third' }, Next: 'end' },
    ];
    expect(await play(choice(rules), { input: { n: 7 } })).toMatchObject({ output: 'second' });
  });

  test("the default uses the state's own Assign", async () => {
    const rules = [{ Condition: '{% false %}', Next: 'end' }];
    expect(await play(choice(rules, 'end'))).toMatchObject({ output: 'default' });
  });

  test('without a match and a default it fails', async () => {
    const result = await play(choice([{ Condition: '{% false %}', Next: 'end' }]));
    expect(result).toMatchObject({ status: 'failed', error: 'States.NoChoiceMatched' });
  });

  test('a condition has to be a boolean', async () => {
    const result = await play(choice([{ Condition: '{% "yes" %}', Next: 'end' }], 'end'));
    expect(result).toMatchObject({ status: 'failed', error: 'States.QueryEvaluationError' });
  });
});

describe('Wait, Succeed and Fail', () => {
  test('waiting is skipped, not waited', async () => {
    const result = await play(
      machine('wait', {
        wait: { Type: 'Wait', Seconds: '{% $states.input.seconds %}', Next: 'until' },
        until: { Type: 'Wait', Timestamp: '2026-01-02T00:00:00Z', Next: 'end' },
        end: { Type: 'Succeed', Output: '{% $states.input.seconds %}' },
      }),
      { input: { seconds: 3600 } },
    );
    expect(result).toMatchObject({ output: 3600, elapsedMs: 86_400_000 });
  });

  test('Fail ends with its error and cause', async () => {
    const result = await play(
      machine('fail', {
        fail: { Type: 'Fail', Error: 'No', Cause: '{% "for " & $states.input.who %}' },
      }),
      { input: { who: 'you' } },
    );
    expect(result).toMatchObject({ status: 'failed', error: 'No', cause: 'for you' });
  });
});

describe('counts', () => {
  test('one transition per state entered and one per retry, six events per task and four per retry', async () => {
    const definition = machine('work', {
      work: task('work', { Retry: [{ ErrorEquals: ['Again'] }], Output: {}, Next: 'end' }),
      end,
    });
    const once = await play(definition);
    const thrice = await play(definition, {
      answers: { work: (n) => (n < 2 ? failed('Again') : succeeded({})) },
    });
    expect(once).toMatchObject({ transitions: 2, historyEvents: 2 + 6 + 2 });
    expect(thrice).toMatchObject({ transitions: 4, historyEvents: 2 + 6 + 2 * 4 + 2 });
  });
});

describe('an execution that is stopped from outside', () => {
  const reason = new RangeError('stopped');
  const stopAfter = (states: unknown, answers: Play['answers'] = {}) => {
    const stopping = new AbortController();
    const stop = () => {
      stopping.abort(reason);
      return succeeded({});
    };
    return play(states, { answers: { ...answers, stop }, signal: stopping.signal });
  };

  test('enters no further state, whatever the task answers', async () => {
    const states = machine('stop', { stop: task('stop', { Next: 'next' }), next: task('next') });
    await expect(stopAfter(states)).rejects.toBe(reason);
  });

  test('is not caught and not tried again', async () => {
    const states = machine('stop', {
      stop: task('stop', {
        Retry: [{ ErrorEquals: ['States.ALL'] }],
        Catch: [{ ErrorEquals: ['States.ALL'], Next: 'end' }],
        Next: 'end',
      }),
      end,
    });
    await expect(stopAfter(states)).rejects.toBe(reason);
  });

  test('ends the branches that still wait', async () => {
    const branch = (name: string) => machine(name, { [name]: task(name, { End: true }) });
    const states = machine('both', {
      both: { Type: 'Parallel', Branches: [branch('stop'), branch('other')], End: true },
    });
    const never = () => new Promise<never>(() => undefined);
    await expect(stopAfter(states, { other: never })).rejects.toBe(reason);
  });
});

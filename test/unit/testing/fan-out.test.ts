import { describe, expect, test } from 'vitest';
import { failed, machine, play, succeeded, task } from '../../support/machines.ts';

/** The map of asl.md: one step per item, its path made by the ItemSelector. */
const search = (more = {}, find = {}) =>
  machine('search', {
    search: {
      Type: 'Map',
      Items: '{% [ $states.input.queries ] %}',
      ItemSelector: {
        sbp: "{% 'search[' & $string($states.context.Map.Item.Index) & ']' %}",
        item: '{% $states.context.Map.Item.Value %}',
      },
      ItemProcessor: {
        ProcessorConfig: { Mode: 'INLINE' },
        StartAt: 'find',
        States: {
          find: task(
            'find',
            { Assign: { find: '{% $states.result %}' }, End: true, ...find },
            { path: "{% $states.input.sbp & '/find' %}", q: '{% $states.input.item %}' },
          ),
        },
      },
      Assign: { search: '{% $states.result %}' },
      Output: {},
      Next: 'end',
      ...more,
    },
    end: {
      Type: 'Pass',
      Output: { all: '{% $search %}', inner: '{% $exists($find) %}' },
      End: true,
    },
  });

describe('Map results', () => {
  test.each([
    [[], []],
    [['a'], ['A']],
    [
      ['a', 'b', 'c'],
      ['A', 'B', 'C'],
    ],
  ])('items %j give the list of their results, in order', async (queries, all) => {
    const result = await play(search(), {
      input: { queries },
      answers: { find: (_n, { message }) => succeeded(String(message.q).toUpperCase()) },
    });
    expect(result).toMatchObject({ status: 'succeeded', output: { all } });
    expect(result.sent.map(({ message }) => message.path)).toEqual(
      queries.map((_, i) => `search[${i}]/find`),
    );
    expect(result.transitions).toBe(2 + queries.length);
  });

  test('what an item assigns ends with the item', async () => {
    const result = await play(search(), { input: { queries: ['a'] } });
    expect(result).toMatchObject({ output: { inner: false } });
  });

  test('results keep the order of the items, whichever ends first', async () => {
    const result = await play(search(), {
      input: { queries: [30, 10, 20] },
      answers: {
        find: async (_n, { message }, time) => {
          await time.sleep(Number(message.q) * 1000);
          return succeeded(time.now() - Date.UTC(2026, 0, 1));
        },
      },
    });
    expect(result).toMatchObject({ output: { all: [30_000, 10_000, 20_000] }, elapsedMs: 30_000 });
  });

  test('MaxConcurrency holds the others back', async () => {
    const result = await play(search({ MaxConcurrency: 2 }), {
      input: { queries: [1, 2, 3] },
      answers: {
        find: async (_n, _sent, time) => {
          await time.sleep(1000);
          return succeeded({});
        },
      },
    });
    expect(result.sent.map(({ atMs }) => atMs)).toEqual([0, 0, 1000]);
  });
});

describe('Map failures', () => {
  test("an item's failure fails the map with its error and gives up the others", async () => {
    const result = await play(
      search({}, { Retry: [{ ErrorEquals: ['Again'], IntervalSeconds: 60 }] }),
      {
        input: { queries: ['bad', 'again', 'good'] },
        answers: {
          find: (_n, { message }) =>
            message.q === 'bad'
              ? failed('Agent.Terminal')
              : message.q === 'again'
                ? failed('Again')
                : succeeded({}),
        },
      },
    );
    expect(result).toMatchObject({ status: 'failed', error: 'Agent.Terminal', elapsedMs: 0 });
    expect(result.sent).toHaveLength(3);
  });

  test("an item's own Catch tolerates its failure", async () => {
    const definition = search();
    const inner = (definition.States as { search: { ItemProcessor: { States: object } } }).search
      .ItemProcessor;
    inner.States = {
      find: task('find', {
        Catch: [
          {
            ErrorEquals: ['States.TaskFailed'],
            Output: { error: '{% $states.errorOutput.Error %}' },
            Next: 'tolerated',
          },
        ],
        End: true,
      }),
      tolerated: { Type: 'Pass', End: true },
    };
    const result = await play(definition, {
      input: { queries: ['a', 'b'] },
      answers: { find: (n) => (n === 0 ? failed('Agent.Terminal') : succeeded('ok')) },
    });
    expect(result).toMatchObject({ output: { all: [{ error: 'Agent.Terminal' }, 'ok'] } });
  });

  test('items that are no list fail the map', async () => {
    const result = await play(search({ Items: '{% $states.input %}' }), { input: { queries: [] } });
    expect(result).toMatchObject({ status: 'failed', error: 'States.QueryEvaluationError' });
  });

  test('the item is known to the ItemSelector only', async () => {
    const result = await play(
      search(
        {},
        { Arguments: { MessageBody: { name: 'find', i: '{% $states.context.Map.Item.Index %}' } } },
      ),
      { input: { queries: ['a'] } },
    );
    expect(result).toMatchObject({ status: 'failed', error: 'States.QueryEvaluationError' });
  });

  test('its results together must fit into the state', async () => {
    const result = await play(search({ Catch: [{ ErrorEquals: ['States.ALL'], Next: 'end' }] }), {
      input: { queries: ['a', 'b'] },
      answers: { find: () => succeeded('x'.repeat(140_000)) },
    });
    expect(result).toMatchObject({ status: 'failed', error: 'States.DataLimitExceeded' });
  });
});

describe('Parallel', () => {
  const branch = (name: string) => ({
    StartAt: name,
    States: { [name]: task(name, { Assign: { [name]: '{% $states.result %}' }, End: true }) },
  });

  test('branches run at once, their results come in order, their variables stay inside', async () => {
    const result = await play(
      machine('both', {
        both: { Type: 'Parallel', Branches: [branch('left'), branch('right')], Next: 'end' },
        end: { Type: 'Pass', Output: ['{% $states.input %}', '{% $exists($left) %}'], End: true },
      }),
      { answers: { left: () => succeeded('L'), right: () => succeeded('R') } },
    );
    expect(result).toMatchObject({ output: [['L', 'R'], false] });
    expect(result.sent.map(({ atMs }) => atMs)).toEqual([0, 0]);
  });
});

import { Stack } from 'aws-cdk-lib';
import {
  Choice,
  Condition,
  DistributedMap,
  Map as MapState,
  Parallel,
  Pass,
  Wait,
  WaitTime,
} from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { describe, expect, test } from 'vitest';
import { AgentStep } from '../../infra/constructs/agent-step.ts';
import { is, jsonata, ref } from '../../infra/constructs/expression.ts';
import { type LettersFlow, lettersWorkflow, sortLetter, writeReply } from '../support/authoring.ts';
import { testApp } from '../support/deployment.ts';
import {
  filed,
  items,
  type Refused,
  refusalOf,
  refuses,
  reply,
  triage,
} from '../support/refusals.ts';

describe('names that are refused', () => {
  refuses([
    [
      'one that is used twice',
      (flow) => triage(flow).next(triage(flow)),
      'step "triage" is declared twice (agents "sort-letter" and "sort-letter")',
      'Rename one',
    ],
    [
      'one that is used twice in different constructs',
      (flow) => {
        const elsewhere = new Construct(flow.scope, 'Elsewhere');
        const again = new AgentStep(elsewhere, 'triage', {
          agent: writeReply,
          input: { text: '', tags: [] },
        });
        return triage(flow).next(again);
      },
      'step "triage" is declared twice (agents "write-reply" and "sort-letter")',
    ],
    ['one that is a JSONata function', (flow) => triage(flow, 'sort'), 'step "sort"', '$sort'],
    ['one that Step Functions adds', (flow) => triage(flow, 'hash'), 'step "hash"', '$hash'],
    ['the name of the context', (flow) => triage(flow, 'states'), 'step "states"', '$states'],
    ['one that is no variable', (flow) => triage(flow, 'Sort-It'), 'step "Sort-It"', 'Allowed: '],
    ['one that is too long', (flow) => triage(flow, 'x'.repeat(81)), 'at most 80 characters'],
    [
      'a variable of a plain state that hides a function',
      (flow) =>
        triage(flow).next(
          Pass.jsonata(flow.scope, 'Count', { assign: { count: 1 } }).next(filed(flow)),
        ),
      'state "Count" sets $count',
      'Rename the variable',
    ],
  ]);
});

describe('cycles that are refused', () => {
  refuses([
    [
      'a step that leads back to itself over a choice',
      (flow) => {
        const step = triage(flow);
        return step.next(
          Choice.jsonata(flow.scope, 'Again')
            .when(is.atLeast(step.output.pages, 2), step)
            .otherwise(filed(flow)),
        );
      },
      'triage → Again → triage are a cycle through the agent step "triage"',
    ],
    [
      'a step that is caught into an earlier one',
      (flow) => {
        const first = triage(flow);
        const second = reply(flow);
        second.addCatch(first);
        return first.next(second).next(filed(flow));
      },
      'triage → reply → triage are a cycle',
    ],
  ]);

  test('a cycle is named once', () => {
    const refusal = refusalOf((flow) => {
      const first = triage(flow);
      const second = reply(flow);
      second.addCatch(first);
      return first.next(second).next(filed(flow));
    });
    expect(refusal.match(/are a cycle/g)).toHaveLength(1);
  });
});

describe('agent steps inside a Map that are refused', () => {
  refuses([
    [
      'in a plain Map',
      (flow) => {
        const map = MapState.jsonata(flow.scope, 'Each', items('[1, 2]'));
        return map.itemProcessor(triage(flow)).next(filed(flow));
      },
      'agent step "triage" is inside the Map "Each"',
    ],
    [
      'in a distributed Map',
      (flow) => {
        const map = DistributedMap.jsonata(flow.scope, 'Each', items('[1, 2]'));
        return map.itemProcessor(triage(flow)).next(filed(flow));
      },
      'agent step "triage" is inside the distributed Map "Each"',
    ],
    [
      'deeper inside',
      (flow) => {
        const both = Parallel.jsonata(flow.scope, 'Both').branch(triage(flow));
        const map = MapState.jsonata(flow.scope, 'Each', items('[1, 2]'));
        return map.itemProcessor(both).next(filed(flow));
      },
      'agent step "triage" is inside the Map "Each"',
    ],
  ]);
});

describe('what Step Functions would refuse at deployment is refused at synth', () => {
  refuses([
    [
      'an expression that is not JSONata',
      (flow) => triage(flow, 'triage', jsonata<string>`$x +`).next(filed(flow)),
      'state "triage" has the expression "($x +)", which is not JSONata 2.0.6',
    ],
    [
      'the operator ?? of a later JSONata',
      (flow) => triage(flow, 'triage', jsonata<string>`${flow.input.note} ?? ""`).next(filed(flow)),
      'which is not JSONata 2.0.6, the version of Step Functions',
    ],
    [
      'the operator ?: of a later JSONata',
      (flow) => triage(flow, 'triage', jsonata<string>`${flow.input.note} ?: ""`).next(filed(flow)),
      'which is not JSONata 2.0.6, the version of Step Functions',
    ],
    [
      'conditions joined outside of JSONata',
      (flow) => {
        const step = triage(flow);
        const { pages } = step.output;
        return step.next(
          Choice.jsonata(flow.scope, 'Both')
            .when(Condition.and(is.atLeast(pages, 1), is.below(pages, 5)), filed(flow))
            .otherwise(Pass.jsonata(flow.scope, 'Other')),
        );
      },
      'Choice "Both" has a rule without a JSONata condition',
    ],
  ]);
});

describe('what Step Functions would refuse at run time is refused at synth', () => {
  const reading = (source: string): Refused[1] => {
    return (flow) => triage(flow, 'triage', ref<string>(source)).next(filed(flow));
  };
  refuses([
    [
      'a name without a context',
      reading('query'),
      'state "triage" reads query in "query", but an expression of Step Functions has no context',
      'flow.input',
    ],
    ['$ at the top', reading('$.query'), 'reads $.query in'],
    ['$$', reading('$uppercase($$.query)'), 'reads $$.query in'],
    ['$eval', reading('$eval("1")'), 'reads $eval in', 'Step Functions does not have it'],
    [
      'the result of a step in its own input',
      reading('$states.result.text'),
      'step "triage" reads $states.result.text in its input',
    ],
    [
      "a caught error in a step's input",
      reading('$states.errorOutput.Error'),
      'step "triage" reads $states.errorOutput.Error in its input',
      'addCatch(…, { assign: … })',
    ],
    [
      'a text that closes an expression which it has not opened',
      (flow) =>
        triage(flow)
          .next(Pass.jsonata(flow.scope, 'Discount', { assign: { discount: '50 %}' } }))
          .next(filed(flow)),
      'state "Discount" has the text "50 %}"',
    ],
    [
      'an expression with something around it',
      (flow) =>
        triage(flow)
          .next(Pass.jsonata(flow.scope, 'Late', { assign: { late: ' {% $triage.pages %}' } }))
          .next(filed(flow)),
      'state "Late" has the text " {% $triage.pages %}"',
    ],
    [
      'a state of JSONPath',
      (flow) =>
        triage(flow)
          .next(new Pass(flow.scope, 'Old', { resultPath: '$.old', parameters: { a: 1 } }))
          .next(filed(flow)),
      'state "Old" has ResultPath, Parameters, fields of JSONPath',
      'Pass.jsonata(…)',
    ],
    [
      'a wait for a path',
      (flow) =>
        triage(flow)
          .next(new Wait(flow.scope, 'Pause', { time: WaitTime.secondsPath('$.seconds') }))
          .next(filed(flow)),
      'state "Pause" has SecondsPath',
    ],
    [
      'a state with a name that is too long',
      (flow) => triage(flow).next(Pass.jsonata(flow.scope, 'X'.repeat(81)).next(filed(flow))),
      'has a name of 81 characters; allowed: 80',
    ],
  ]);
});

describe('a variable of an inner scope that an outer scope sets as well is refused', () => {
  refuses([
    [
      'in a branch',
      (flow) => {
        const inside = Pass.jsonata(flow.scope, 'Inside', { assign: { total: 2 } });
        const both = Parallel.jsonata(flow.scope, 'Both').branch(inside);
        const outside = Pass.jsonata(flow.scope, 'Outside', { assign: { total: 1 } });
        return triage(flow).next(outside).next(both).next(filed(flow));
      },
      'state "Inside" sets $total, which is set outside of the branch or Map that it is in as well',
    ],
    [
      "a step's output, deeper inside",
      (flow) => {
        const inside = Pass.jsonata(flow.scope, 'Inside', { assign: { triage: {} } });
        const each = MapState.jsonata(flow.scope, 'Each', items('[1]')).itemProcessor(inside);
        const both = Parallel.jsonata(flow.scope, 'Both').branch(each);
        return triage(flow).next(both).next(filed(flow));
      },
      'state "Inside" sets $triage',
    ],
  ]);

  test('but not one of the branch beside', () => {
    const branches = (flow: LettersFlow) => {
      const one = Pass.jsonata(flow.scope, 'One', { assign: { total: 1 } });
      const two = Pass.jsonata(flow.scope, 'Two', { assign: { total: 2 } });
      return triage(flow)
        .next(Parallel.jsonata(flow.scope, 'Both').branch(one, two))
        .next(filed(flow));
    };
    expect(refusalOf(branches)).toBe('not refused');
  });
});

test('two workflows of one contract are refused', () => {
  const definition = (flow: LettersFlow) => triage(flow).next(filed(flow));
  const app = testApp();
  lettersWorkflow(definition, new Stack(app, 'One'));
  expect(() => lettersWorkflow(definition, new Stack(app, 'Two'))).toThrow(
    /workflow "letters" is declared twice, by One\/Letters and Two\/Letters; allowed: one per name/,
  );
});

describe('loose ends are refused', () => {
  refuses([
    [
      'a step that nothing leads to',
      (flow) => {
        reply(flow);
        return triage(flow).next(filed(flow));
      },
      'step "reply" is declared, but nothing leads to it',
    ],
    [
      'a run that ends with a step',
      (flow) => triage(flow),
      'the run ends with step "triage", so its output would be empty',
      'flow.done',
    ],
  ]);

  test('a step outside of any workflow', () => {
    const { stack } = lettersWorkflow((flow) => triage(flow).next(filed(flow)));
    const outside = () =>
      new AgentStep(stack, 'outside', { agent: sortLetter, input: { text: '' } });
    expect(outside).toThrow('"Workflows" is not inside an AgentWorkflow');
  });
});

test('all problems are named at once', () => {
  const refusal = refusalOf((flow) => {
    reply(flow);
    return triage(flow, 'triage', jsonata<string>`$uuid()`);
  });
  expect(refusal).toContain('workflow "letters" cannot work as defined');
  expect(refusal.split('\n- ')).toHaveLength(4);
});

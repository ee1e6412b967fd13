import { Stack } from 'aws-cdk-lib';
import {
  Choice,
  Condition,
  DistributedMap,
  type IChainable,
  Map as MapState,
  Parallel,
  Pass,
  ProvideItems,
} from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { describe, expect, test } from 'vitest';
import { AgentStep } from '../../infra/constructs/agent-step.ts';
import { type Expression, is, jsonata, ref, render } from '../../infra/constructs/expression.ts';
import { type LettersFlow, lettersWorkflow, sortLetter, writeReply } from '../support/authoring.ts';
import { testApp } from '../support/deployment.ts';

const triage = (flow: LettersFlow, name = 'triage', text: Expression<string> = flow.input.text) =>
  flow.step(name, sortLetter, { text });
const reply = (flow: LettersFlow, text: Expression<string> = flow.input.text) =>
  flow.step('reply', writeReply, { text, tags: [] });
const filed = (flow: LettersFlow, text: Expression<string> | string = '') =>
  flow.done('Filed', { outcome: 'filed', reply: text });
const items = (source: string) => ({ items: ProvideItems.jsonata(`{% ${source} %}`) });

/** One app for all cases: agents are made once. */
const app = testApp();
let cases = 0;

/** What is said when such a workflow is declared. */
function refusalOf(definition: (flow: LettersFlow) => IChainable): string {
  cases += 1;
  try {
    lettersWorkflow(definition, new Stack(app, `Case${cases}`));
  } catch (error) {
    expect(error).toHaveProperty('code', 'DEFINITION_INVALID');
    return String(error);
  }
  return 'not refused';
}

type Refused = readonly [
  what: string,
  definition: (flow: LettersFlow) => IChainable,
  ...named: string[],
];
function refuses(cases: readonly Refused[]): void {
  for (const [what, definition, ...named] of cases) {
    test(what, () => {
      const refusal = refusalOf(definition);
      for (const text of named) expect(refusal).toContain(text);
    });
  }
}

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

describe('reads that are refused', () => {
  refuses([
    [
      'of a step on another branch',
      (flow) => {
        const step = triage(flow);
        const other = reply(flow);
        const end = filed(flow, other.output.reply);
        return step.next(
          Choice.jsonata(flow.scope, 'IsBill')
            .when(is.equal(step.output.kind, 'bill'), other.next(end))
            .otherwise(end),
        );
      },
      'state "Filed" reads the output of step "reply", which has none on the way triage → IsBill → Filed',
    ],
    [
      'of a step that was caught',
      (flow) => {
        const step = reply(flow);
        const end = filed(flow, step.output.reply);
        step.addCatch(end);
        return step.next(end);
      },
      'reads the output of step "reply", which has none on the way reply → Filed',
      'addCatch(…, { assign: { reply: … } })',
    ],
    [
      'of a later step',
      (flow) => {
        const later = reply(flow);
        return triage(flow, 'triage', later.output.reply).next(later).next(filed(flow));
      },
      'state "triage" reads the output of step "reply", which has none on the way triage',
    ],
    [
      "of the step's own output",
      (flow) => triage(flow, 'triage', jsonata<string>`$triage.sender`).next(filed(flow)),
      'state "triage" reads the output of step "triage"',
    ],
    [
      'of a variable that nothing sets',
      (flow) => triage(flow, 'triage', jsonata<string>`$letter.text`).next(filed(flow)),
      'state "triage" reads $letter, which nothing sets on the way triage',
      'Steps of this workflow: triage',
    ],
    [
      'in a condition',
      (flow) => {
        const later = triage(flow);
        return Choice.jsonata(flow.scope, 'IsBill')
          .when(is.equal(later.output.kind, 'bill'), later.next(filed(flow)))
          .otherwise(Pass.jsonata(flow.scope, 'Nothing'));
      },
      'state "IsBill" reads the output of step "triage"',
    ],
    [
      'of a branch, after its Parallel',
      (flow) => {
        const inside = reply(flow);
        return Parallel.jsonata(flow.scope, 'Both')
          .branch(inside)
          .next(filed(flow, inside.output.reply));
      },
      'state "Filed" reads the output of step "reply", which has none on the way Both → Filed',
    ],
    [
      'of an outer step, in a distributed Map',
      (flow) => {
        const step = triage(flow);
        const each = Pass.jsonata(flow.scope, 'Item', { outputs: render(step.output.kind) });
        const map = DistributedMap.jsonata(flow.scope, 'Each', items('[1]')).itemProcessor(each);
        return step.next(map).next(filed(flow));
      },
      'state "Item" reads the output of step "triage"',
    ],
  ]);
});

describe('what differs between attempts is refused', () => {
  refuses(
    [
      '$random()',
      '$uuid()',
      '$now()',
      '$millis()',
      '$shuffle([1])',
      '$map([1], $random)',
      '$states.context.State.RetryCount',
      '$states.context.State.EnteredTime',
      '$states.context.Execution.StartTime',
      '$string($states.context.State)',
      '$string($states)',
    ].map((source) => {
      return [
        source,
        (flow) => triage(flow, 'triage', ref<string>(source)).next(filed(flow)),
        'state "triage" reads $',
        'a repeat of the step would get another value',
      ] satisfies Refused;
    }),
  );
  refuses([
    [
      'in a plain state',
      (flow) =>
        triage(flow).next(
          Pass.jsonata(flow.scope, 'Stamp', { assign: { at: '{% $now() %}' } }).next(filed(flow)),
        ),
      'state "Stamp" reads $now',
    ],
    [
      'in a catcher',
      (flow) => {
        const step = triage(flow);
        const end = filed(flow);
        step.addCatch(end, { assign: { at: '{% $millis() %}' } });
        return step.next(end);
      },
      'state "triage" reads $millis',
    ],
  ]);
});

describe('branching over what may be stored elsewhere is refused', () => {
  refuses([
    [
      'a field that is not control',
      (flow) => {
        const step = reply(flow);
        return step.next(
          Choice.jsonata(flow.scope, 'IsPolite')
            .when(is.true(step.output.polite), filed(flow))
            .otherwise(Pass.jsonata(flow.scope, 'Rude')),
        );
      },
      'state "IsPolite" branches over $reply.polite',
      'agent "write-reply" marks as control, now none',
      'Add "polite" to `control`',
    ],
    [
      'a whole output',
      (flow) => {
        const step = triage(flow);
        return step.next(
          Choice.jsonata(flow.scope, 'IsBill')
            .when(is.true(jsonata<boolean>`$lookup(${step.output}, "kind") = "bill"`), filed(flow))
            .otherwise(Pass.jsonata(flow.scope, 'Other')),
        );
      },
      'state "IsBill" branches over $triage',
      'now kind, pages, tags, sender',
    ],
    [
      'the items of a Map',
      (flow) => {
        const step = reply(flow);
        const map = MapState.jsonata(flow.scope, 'Each', items('[ $reply.reply ]'));
        return step.next(map.itemProcessor(Pass.jsonata(flow.scope, 'Item'))).next(filed(flow));
      },
      'state "Each" takes its items from $reply.reply',
    ],
  ]);
});

describe('what Step Functions would refuse at deployment is refused at synth', () => {
  refuses([
    [
      'an expression that is not JSONata',
      (flow) => triage(flow, 'triage', jsonata<string>`$x +`).next(filed(flow)),
      'state "triage" has the expression "($x +)", which is not JSONata',
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

describe('what looks alike and is allowed', () => {
  const allowed: readonly (readonly [string, (flow: LettersFlow) => IChainable])[] = [
    [
      'reading a caught step whose catcher sets a stand-in',
      (flow) => {
        const step = reply(flow);
        const end = filed(flow, step.output.reply);
        step.addCatch(end, { assign: { reply: { reply: 'none', polite: true } } });
        return step.next(end);
      },
    ],
    [
      'reading a step that both branches come after',
      (flow) => {
        const step = triage(flow);
        const end = filed(flow, jsonata<string>`${step.output.kind}`);
        return step.next(
          Choice.jsonata(flow.scope, 'IsBill')
            .when(is.equal(step.output.kind, 'bill'), reply(flow).next(end))
            .otherwise(end),
        );
      },
    ],
    [
      'reading an outer step in an inline Map',
      (flow) => {
        const step = triage(flow);
        const each = Pass.jsonata(flow.scope, 'Item', { outputs: render(step.output.kind) });
        const map = MapState.jsonata(flow.scope, 'Each', items('$triage.tags')).itemProcessor(each);
        return step.next(map).next(filed(flow));
      },
    ],
    [
      'variables that an expression binds itself',
      (flow) =>
        triage(flow, 'triage', jsonata<string>`($t := ${flow.input.text}; $t & "!")`).next(
          filed(flow),
        ),
    ],
    [
      'a cycle of plain states',
      (flow) => {
        const count = Pass.jsonata(flow.scope, 'Next', { assign: { n: '{% $n + 1 %}' } });
        const start = Pass.jsonata(flow.scope, 'Start', { assign: { n: 0 } });
        const again = Choice.jsonata(flow.scope, 'Again')
          .when(is.true(jsonata<boolean>`$n < 3`), count)
          .otherwise(filed(flow));
        return start.next(count).next(again);
      },
    ],
  ];
  test.each(allowed)('%s', (_what, definition) => {
    expect(refusalOf(definition)).toBe('not refused');
  });
});

import { Match, Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { API_ROUTES } from '#runtime/contracts/api.ts';
import type { DeployedSubscriptions } from '#runtime/contracts/subscriptions.ts';
import type { Stage } from '../../infra/config.ts';
import { ApiStack } from '../../infra/stacks/api-stack.ts';
import { testApp } from '../support/deployment.ts';
import { roleStatements, textOf } from '../support/template.ts';

const templateOf = (stage: Stage): Template =>
  Template.fromStack(
    new ApiStack(testApp({ stage }), [
      {
        contract: { name: 'support' },
        definitionVersion: 'abc',
        agents: ['do-this', 'do-that'],
        expectedCalls: { crm: 2 },
      },
      {
        contract: { name: 'other' },
        definitionVersion: 'def',
        agents: ['do-that'],
        expectedCalls: {},
      },
    ]),
  );

describe('ApiStack', () => {
  const template = templateOf('dev');

  test('lets in the routes of the API and no others', () => {
    template.resourceCountIs('AWS::ApiGateway::Method', API_ROUTES.length);
  });

  test.each([
    ['local', 'NONE'],
    ['dev', 'AWS_IAM'],
    ['prod', 'AWS_IAM'],
  ] as const)('authorizes every request of stage %s by %s', (stage, type) => {
    templateOf(stage).allResourcesProperties('AWS::ApiGateway::Method', {
      AuthorizationType: type,
    });
  });

  test('logs every request and bounds their rate', () => {
    template.hasResourceProperties('AWS::ApiGateway::Stage', {
      AccessLogSetting: Match.objectLike({ DestinationArn: Match.anyValue() }),
      MethodSettings: [Match.objectLike({ ThrottlingRateLimit: 20, ThrottlingBurstLimit: 40 })],
    });
  });

  test('tells the function which definition of which workflow is deployed', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: Match.objectLike({ WORKFLOWS: '{"support":"abc","other":"def"}' }),
      },
    });
  });

  test('refuses more workflows and agents than the environment of a function holds', () => {
    const workflows = Array.from({ length: 40 }, (_, i) => ({
      contract: { name: `workflow-of-a-large-app-${i}` },
      definitionVersion: 'abcdefgh',
      agents: [`first-agent-of-${i}`, `second-agent-of-${i}`],
      expectedCalls: { 'model:default': 2 },
    }));
    expect(() => new ApiStack(testApp(), workflows)).toThrow(
      /^the environment of function "handle-api" is \d+ bytes; Lambda takes 4096\. The largest variables: AGENTS \d+, EXPECTED_CALLS \d+, WORKFLOWS \d+, /,
    );
  });

  test('answers what the gateway refuses as a problem', () => {
    template.allResourcesProperties('AWS::ApiGateway::GatewayResponse', {
      ResponseParameters: Match.objectLike({
        'gatewayresponse.header.content-type': "'application/problem+json'",
      }),
      ResponseTemplates: { 'application/json': Match.stringLikeRegexp('signalbox.dev/problems/') },
    });
  });

  test('answers whatever else the gateway says as a problem, with the status that it says', () => {
    const others = Object.values(template.findResources('AWS::ApiGateway::GatewayResponse'))
      .map(({ Properties }) => Properties)
      .filter(({ ResponseType }) => ResponseType.startsWith('DEFAULT_'));
    expect(others.map(({ ResponseType }) => ResponseType).sort()).toEqual([
      'DEFAULT_4XX',
      'DEFAULT_5XX',
    ]);
    for (const { StatusCode, ResponseTemplates } of others) {
      expect(StatusCode).toBeUndefined();
      const text = ResponseTemplates['application/json']
        .replace('$context.error.messageString', '"No"')
        .replace('$context.requestId', 'r-1');
      expect(JSON.parse(text)).toEqual({
        type: expect.stringMatching(/^https:\/\/signalbox.dev\/problems\//),
        title: expect.any(String),
        detail: 'No',
        requestId: 'r-1',
      });
    }
  });

  test('takes no TLS below 1.2, and no handshake for another host', () => {
    template.hasResourceProperties('AWS::ApiGateway::RestApi', {
      SecurityPolicy: Match.stringLikeRegexp('^SecurityPolicy_TLS13_1_2_'),
      EndpointAccessMode: 'STRICT',
    });
  });

  test('says where it is', () => {
    expect(Object.keys(template.toJSON().Outputs)).toEqual(['ApiId', 'ApiStage', 'ApiUrl']);
  });
});

describe('what the API may do', () => {
  const template = templateOf('dev');

  test('lets the function read the read model, never write it', () => {
    const actions = roleStatements(template)
      .filter(({ resources }) =>
        resources.some((resource) => /:table\/.*read-model/.test(resource)),
      )
      .flatMap((statement) => statement.actions);
    expect(actions).toEqual(['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:Query']);
  });

  test("lets the function start runs of this stage's workflows only", () => {
    const starts = roleStatements(template).filter(({ actions }) =>
      actions.includes('states:StartExecution'),
    );
    expect(starts.flatMap(({ resources }) => resources)).toEqual([
      expect.stringMatching(/:stateMachine:signalbox-dev-\*$/),
    ]);
  });

  test("lets the function stop executions of this stage's workflows only", () => {
    const statements = roleStatements(template);
    const stops = statements.filter(({ actions }) => actions.includes('states:StopExecution'));
    expect(stops.flatMap(({ resources }) => resources)).toEqual([
      expect.stringMatching(/:execution:signalbox-dev-\*$/),
    ]);
  });
});

describe('what the API knows of subscriptions', () => {
  test('tells the function which rules of which subscriptions are deployed', () => {
    const rule = { agent: 'find-homes', maxAttempts: 4, type: 'wish.heard', where: {} };
    const subscriptions: DeployedSubscriptions = {
      ...{ name: 'homes', version: 'v1', quietSeconds: 5, deadlineSeconds: 60 },
      rules: [{ ...rule, kind: 'event', name: 'findHomes', perRun: 'parallel', previous: {} }],
    };
    Template.fromStack(new ApiStack(testApp(), [], [subscriptions])).hasResourceProperties(
      'AWS::Lambda::Function',
      {
        Environment: {
          Variables: Match.objectLike({
            SUBSCRIPTIONS: '{"homes":"v1"}',
            RULES: '{"homes":["findHomes"]}',
          }),
        },
      },
    );
  });
});

describe('what the API knows of the fleet', () => {
  const template = templateOf('dev');

  test('tells the function the agents of each workflow, their queues and the quotas', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: Match.objectLike({
          AGENTS: '{"support":["do-this","do-that"],"other":["do-that"]}',
          EXPECTED_CALLS: '{"support":{"crm":2},"other":{}}',
          LIMITS_TABLE_NAME: 'signalbox-dev-limits',
          QUOTAS: Match.stringLikeRegexp('"model:default":'),
        }),
      },
    });
    const [variables] = Object.values(template.findResources('AWS::Lambda::Function')).map(
      ({ Properties }) => Properties.Environment.Variables,
    );
    expect(textOf(variables.QUEUE_URL_PREFIX)).toMatch(/^https:\/\/sqs\..*\/signalbox-dev-$/);
  });

  test('lets the function change quotas, keep admissions, read the meter and count messages, and nothing more of these', () => {
    const onLimits = roleStatements(template).filter(({ resources }) =>
      resources.some((arn) => arn.endsWith('signalbox-dev-limits')),
    );
    const keys = onLimits.flatMap(({ actions, conditions }) => [[actions, conditions]]);
    expect(keys).toEqual(
      expect.arrayContaining([
        [
          ['dynamodb:BatchGetItem', 'dynamodb:Query', 'dynamodb:UpdateItem'],
          { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['quota#*'] } },
        ],
        [
          ['dynamodb:Query'],
          { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['meter'] } },
        ],
        [
          ['dynamodb:GetItem', 'dynamodb:PutItem'],
          { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['admission#*', 'place-key'] } },
        ],
      ]),
    );
    expect(
      onLimits.flatMap(({ actions }) => actions.filter((one) => /Delete|Scan/.test(one))),
    ).toEqual([]);
    const onQueues = roleStatements(template).filter(({ actions }) =>
      actions.some((action) => action.startsWith('sqs:')),
    );
    expect(onQueues.map(({ actions }) => actions)).toEqual([
      ['sqs:SendMessage'],
      ['sqs:GetQueueAttributes'],
    ]);
  });

  test('lets the function send orders to the queues of replays, and messages to no agent', () => {
    const sends = roleStatements(template).filter(({ actions }) =>
      actions.includes('sqs:SendMessage'),
    );
    expect(sends.flatMap(({ resources }) => resources).map((arn) => arn.split(':').at(-1))).toEqual(
      expect.arrayContaining(
        ['project-events', 'route-events', 'export-events']
          .map((name) => `signalbox-dev-${name}-replays`)
          .concat('signalbox-dev-rebuild-read-model'),
      ),
    );
  });
});

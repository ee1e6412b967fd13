/**
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-globaltable.html
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigatewayv2-api.html
 */
import { GetApiCommand } from '@aws-sdk/client-apigatewayv2';
import {
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStackResourcesCommand,
  UpdateStackCommand,
  waitUntilStackCreateComplete,
  waitUntilStackDeleteComplete,
  waitUntilStackUpdateComplete,
} from '@aws-sdk/client-cloudformation';
import { DescribeTimeToLiveCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { expect } from 'vitest';
import { type Contract, contractTest } from './harness.ts';

const READY = { minDelay: 0.1, maxDelay: 5, maxWaitTime: 300 };

const TABLE = {
  BillingMode: 'PAY_PER_REQUEST',
  KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
  AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
};
const TTL = { TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true } };

contractTest(
  'a stack sets the time to live of its tables, at their creation and later',
  async (contract) => {
    const { clients, uniqueName } = contract;
    const region = await clients.dynamoDb.config.region();
    const [early, late] = [uniqueName('table'), uniqueName('table')];
    const templateWith = (lateTtl: object) => ({
      Early: { Type: 'AWS::DynamoDB::Table', Properties: { ...TABLE, ...TTL, TableName: early } },
      Late: {
        Type: 'AWS::DynamoDB::GlobalTable',
        Properties: { ...TABLE, ...lateTtl, TableName: late, Replicas: [{ Region: region }] },
      },
    });
    const stack = await createStack(contract, templateWith({}));
    expect(await ttlOf(clients.dynamoDb, early)).toEqual({
      AttributeName: 'expiresAt',
      TimeToLiveStatus: expect.stringMatching(/^ENABL/),
    });
    expect(await ttlOf(clients.dynamoDb, late)).toEqual({ TimeToLiveStatus: 'DISABLED' });
    await stack.update(templateWith(TTL));
    expect(await ttlOf(clients.dynamoDb, late)).toEqual({
      AttributeName: 'expiresAt',
      TimeToLiveStatus: expect.stringMatching(/^ENABL/),
    });
  },
);

contractTest('a stack sets the CORS of its HTTP API', async (contract) => {
  const { clients, uniqueName } = contract;
  const name = uniqueName('api');
  const templateWith = (origin: string) => ({
    Api: {
      Type: 'AWS::ApiGatewayV2::Api',
      Properties: {
        Name: name,
        ProtocolType: 'HTTP',
        CorsConfiguration: { AllowOrigins: [origin], AllowMethods: ['GET'], MaxAge: 60 },
      },
    },
  });
  const stack = await createStack(contract, templateWith('https://one.example'));
  const corsOf = async () => {
    const { StackResources: [api] = [] } = await clients.cloudFormation.send(
      new DescribeStackResourcesCommand({ StackName: stack.name }),
    );
    const { CorsConfiguration: cors } = await clients.apiGatewayV2.send(
      new GetApiCommand({ ApiId: api?.PhysicalResourceId }),
    );
    return cors;
  };
  expect(await corsOf()).toEqual({
    AllowOrigins: ['https://one.example'],
    AllowMethods: ['GET'],
    MaxAge: 60,
  });
  await stack.update(templateWith('https://two.example'));
  expect(await corsOf()).toMatchObject({ AllowOrigins: ['https://two.example'] });
});

async function ttlOf(dynamoDb: DynamoDBClient, table: string) {
  const { TimeToLiveDescription: ttl } = await dynamoDb.send(
    new DescribeTimeToLiveCommand({ TableName: table }),
  );
  return ttl;
}

type Resources = Readonly<Record<string, object>>;

async function createStack(
  { clients: { cloudFormation: client }, uniqueName, defer }: Contract,
  resources: Resources,
) {
  const StackName = uniqueName('stack');
  const TemplateBody = JSON.stringify({ Resources: resources });
  await client.send(new CreateStackCommand({ StackName, TemplateBody }));
  defer(`stack ${StackName}`, async () => {
    await client.send(new DeleteStackCommand({ StackName }));
    await waitUntilStackDeleteComplete({ client, ...READY }, { StackName });
  });
  await waitUntilStackCreateComplete({ client, ...READY }, { StackName });
  return {
    name: StackName,
    update: async (changed: Resources): Promise<void> => {
      const TemplateBody = JSON.stringify({ Resources: changed });
      await client.send(new UpdateStackCommand({ StackName, TemplateBody }));
      await waitUntilStackUpdateComplete({ client, ...READY }, { StackName });
    },
  };
}

import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { call, json, stage } from './stage.ts';

const table = new DynamoDBClient({});

export const handler = stage(
  async (item) => {
    const { lead, segment, score, grade } = item;
    const request = json('PUT', { leadId: lead.leadId, segment, score, grade });
    const headers = { ...request.headers, 'idempotency-key': crypto.randomUUID() };
    await call(`${process.env.CRM_URL}/qualifications`, { ...request, headers });
    return item;
  },
  ({ id }) =>
    table.send(
      new PutItemCommand({
        TableName: process.env.ANSWERS_TABLE_NAME,
        Item: {
          pk: { S: 'answers' },
          sk: { S: `${new Date().toISOString()}#${id}` },
          id: { S: id },
        },
      }),
    ),
);

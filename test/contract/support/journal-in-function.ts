/** Is bundled into functions under test, as `contract:journal`. */
import { DynamoDBClient, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';

const client = new DynamoDBClient({});
const TableName = process.env.JOURNAL_TABLE;
const journal = process.env.JOURNAL_ID ?? '';

/**
 * Writes down what was seen. The numbers of a journal are in one order over all who write to it.
 * @returns how many entries there are now, this one included
 */
export async function note(entry: unknown): Promise<number> {
  const { Attributes: counter } = await client.send(
    new UpdateItemCommand({
      TableName,
      Key: { journal: { S: journal }, number: { N: '0' } },
      UpdateExpression: 'ADD entries :one',
      ExpressionAttributeValues: { ':one': { N: '1' } },
      ReturnValues: 'UPDATED_NEW',
    }),
  );
  const number = counter?.entries?.N ?? '';
  await client.send(
    new PutItemCommand({
      TableName,
      Item: {
        journal: { S: journal },
        number: { N: number },
        entry: { S: JSON.stringify(entry) },
        at: { N: String(Date.now()) },
      },
    }),
  );
  return Number(number);
}

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { awsClientConfig } from '../aws-config.ts';

let client: DynamoDBClient | undefined;

/** The process's one DynamoDB client. */
export const dynamoDbClient = (): DynamoDBClient => {
  client ??= new DynamoDBClient(awsClientConfig());
  return client;
};

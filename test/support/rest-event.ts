import type { APIGatewayProxyEvent, Context } from 'aws-lambda';

export interface RestCall {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | null;
  readonly isBase64Encoded?: boolean;
  readonly query?: Readonly<Record<string, string | readonly string[]>>;
}

/** What API Gateway's REST API hands to a function (proxy integration, payload version 1.0). */
export function restEvent(call: RestCall): APIGatewayProxyEvent {
  const { method = 'GET', path, headers = {}, body = null, isBase64Encoded = false } = call;
  const lists = Object.entries(call.query ?? {}).map(
    ([name, value]) => [name, typeof value === 'string' ? [value] : [...value]] as const,
  );
  return {
    resource: '/{proxy+}',
    path,
    httpMethod: method,
    headers: {
      accept: '*/*',
      Host: 'abc123.execute-api.eu-west-1.amazonaws.com',
      'User-Agent': 'test',
      'X-Forwarded-Proto': 'https',
      ...headers,
    },
    multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([k, v]) => [k, [v]])),
    queryStringParameters:
      lists.length === 0 ? null : Object.fromEntries(lists.map(([k, v]) => [k, v.at(-1)])),
    multiValueQueryStringParameters: lists.length === 0 ? null : Object.fromEntries(lists),
    pathParameters: null,
    stageVariables: null,
    requestContext: {
      accountId: '123456789012',
      apiId: 'abc123',
      authorizer: null,
      protocol: 'HTTP/1.1',
      httpMethod: method,
      identity: {
        accessKey: null,
        accountId: null,
        apiKey: null,
        apiKeyId: null,
        caller: null,
        clientCert: null,
        cognitoAuthenticationProvider: null,
        cognitoAuthenticationType: null,
        cognitoIdentityId: null,
        cognitoIdentityPoolId: null,
        principalOrgId: null,
        sourceIp: '127.0.0.1',
        user: null,
        userAgent: 'test',
        userArn: null,
      },
      path: `/v1${path}`,
      stage: 'v1',
      requestId: 'request-1',
      requestTimeEpoch: 0,
      resourceId: 'res1',
      resourcePath: '/{proxy+}',
    },
    body,
    isBase64Encoded,
  };
}

export const lambdaContext: Context = {
  callbackWaitsForEmptyEventLoop: true,
  functionName: 'signalbox-test-handle-api',
  functionVersion: '$LATEST',
  invokedFunctionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:signalbox-test-handle-api',
  memoryLimitInMB: '512',
  awsRequestId: 'invocation-1',
  logGroupName: '/aws/lambda/signalbox-test-handle-api',
  logStreamName: 'stream',
  getRemainingTimeInMillis: () => 29_000,
  done: () => undefined,
  fail: () => undefined,
  succeed: () => undefined,
};

/** Lambda functions of a test, from code written inside it, and their event source mappings. */
import {
  CreateEventSourceMappingCommand,
  type CreateEventSourceMappingCommandInput,
  CreateFunctionCommand,
  type CreateFunctionCommandInput,
  DeleteEventSourceMappingCommand,
  DeleteFunctionCommand,
  GetEventSourceMappingCommand,
  InvokeCommand,
  waitUntilFunctionActiveV2,
} from '@aws-sdk/client-lambda';
import { codeOf } from './bundle.ts';
import type { Cleanup } from './cleanup.ts';
import type { Clients } from './clients.ts';
import { uniqueName } from './names.ts';

export interface LambdaFunction {
  readonly name: string;
  readonly arn: string;
  /** Calls it and waits; `error` is what it threw or ended with. */
  invoke(event: unknown): Promise<Invocation>;
}

interface Invocation {
  readonly payload: unknown;
  /** `Unhandled`, or `undefined` when it succeeded. */
  readonly error: string | undefined;
}

export interface FunctionOptions {
  /** @default 10 */
  readonly timeoutSeconds?: number;
  readonly environment?: Readonly<Record<string, string>>;
}

/** As CreateEventSourceMapping takes it, less what the maker knows. */
export type MappingOptions = Omit<
  CreateEventSourceMappingCommandInput,
  'FunctionName' | 'EventSourceArn'
>;

export interface MakerContext {
  readonly clients: Clients;
  readonly cleanup: Cleanup;
  role(): Promise<string>;
  /** Tries again while a new role is not known yet. */
  withRole<T>(make: () => Promise<T>): Promise<T>;
  eventually<T>(
    look: () => Promise<T> | T,
    what: string,
    withinMs?: number,
  ): Promise<Exclude<T, null | false>>;
}

export const functionMakers = (context: MakerContext) => ({
  /**
   * @param module an ES module that exports `handler`; it may import packages, and
   *   `note` from `contract:journal`
   */
  lambdaFunction: (module: string, options: FunctionOptions = {}) =>
    makeFunction(context, module, options),
  /** Active when it is returned. */
  mapping: (source: string, target: LambdaFunction, options: MappingOptions = {}) =>
    makeMapping(context, source, target, options),
});

async function makeFunction(
  context: MakerContext,
  module: string,
  { timeoutSeconds = 10, environment = {} }: FunctionOptions,
): Promise<LambdaFunction> {
  const { clients, cleanup } = context;
  const { lambda } = clients;
  const name = uniqueName('function');
  const input: CreateFunctionCommandInput = {
    FunctionName: name,
    Role: await context.role(),
    Runtime: 'nodejs24.x',
    Handler: 'index.handler',
    Code: { ZipFile: await codeOf(module) },
    Timeout: timeoutSeconds,
    MemorySize: 256,
    Environment: { Variables: { ...environment } },
  };
  const { FunctionArn: arn = '' } = await context.withRole(() =>
    lambda.send(new CreateFunctionCommand(input)),
  );
  cleanup.add(`function ${name}`, () =>
    lambda.send(new DeleteFunctionCommand({ FunctionName: name })),
  );
  await waitUntilFunctionActiveV2(
    { client: lambda, minDelay: 0.05, maxDelay: 2, maxWaitTime: 120 },
    { FunctionName: name },
  );
  return {
    name,
    arn,
    invoke: async (event) => {
      const { Payload: payload, FunctionError: error } = await lambda.send(
        new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(event) }),
      );
      const text = payload?.transformToString() ?? '';
      return { payload: text === '' ? undefined : JSON.parse(text), error };
    },
  };
}

async function makeMapping(
  context: MakerContext,
  source: string,
  target: LambdaFunction,
  options: MappingOptions,
): Promise<string> {
  const { clients, cleanup } = context;
  const { lambda } = clients;
  const { UUID: id = '' } = await context.withRole(() =>
    lambda.send(
      new CreateEventSourceMappingCommand({
        ...options,
        EventSourceArn: source,
        FunctionName: target.name,
      }),
    ),
  );
  cleanup.add(`mapping ${id}`, () =>
    lambda.send(new DeleteEventSourceMappingCommand({ UUID: id })),
  );
  await context.eventually(
    async () =>
      (await lambda.send(new GetEventSourceMappingCommand({ UUID: id }))).State === 'Enabled',
    'enabled mapping',
  );
  return id;
}

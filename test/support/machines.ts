import { VirtualSystem } from '#runtime/adapters/memory/virtual-system.ts';
import { type ExecutionOptions, execute } from '#runtime/testing/interpreter/execution.ts';
import type { Dispatch, TaskResult } from '#runtime/testing/interpreter/visit.ts';
import { readStateMachine } from '#runtime/testing/read-state-machine.ts';

/** A task that sends `{ name, ...body }` and waits for its token. */
export const task = (name: string, more: Readonly<Record<string, unknown>> = {}, body = {}) => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken',
  Arguments: { QueueUrl: 'queue', MessageBody: { name, ...body } },
  ...more,
});

export const machine = (startAt: string, states: Readonly<Record<string, unknown>>) => ({
  QueryLanguage: 'JSONata',
  StartAt: startAt,
  States: states,
});

export const succeeded = (output: unknown): TaskResult => ({ kind: 'succeeded', output });
export const failed = (error: string, cause = 'because'): TaskResult => ({
  kind: 'failed',
  error,
  cause,
});

interface Sent {
  readonly message: { readonly name: string; readonly [member: string]: unknown };
  /** Milliseconds since the start. */
  readonly atMs: number;
  readonly taskToken: string;
}

export interface Play extends Partial<Pick<ExecutionOptions, 'input' | 'random' | 'signal'>> {
  /** Answers by the name in the message; `n` counts the messages of that name from 0. */
  readonly answers?: Readonly<
    Record<string, (n: number, sent: Sent, time: VirtualSystem) => TaskResult | Promise<TaskResult>>
  >;
}

/** Runs a definition in virtual time and reports what it sent. */
export async function play(definition: unknown, { answers = {}, ...options }: Play = {}) {
  const time = new VirtualSystem();
  const startMs = time.now();
  const sent: Sent[] = [];
  const dispatch: Dispatch = async (message, { now, taskToken }) => {
    const record = { message: message as Sent['message'], atMs: now - startMs, taskToken };
    const n = sent.filter((other) => other.message.name === record.message.name).length;
    sent.push(record);
    return answers[record.message.name]?.(n, record, time) ?? succeeded({});
  };
  const execution = execute(readStateMachine(definition), {
    input: {},
    dispatch,
    time,
    ...options,
  });
  const result = await time.run(execution);
  return { ...result, sent, elapsedMs: time.now() - startMs };
}

import { DefinitionError } from '#runtime/contracts/errors.ts';
import type { TaskMessage } from '#runtime/contracts/task-message.ts';
import { type WaitInput, WaitInputSchema } from '#runtime/contracts/wait.ts';
import { toJson } from '#runtime/core/json.ts';
import type { TaskResult } from './interpreter/visit.ts';

export interface WaitCall {
  /** Virtual, in epoch milliseconds. */
  readonly now: number;
  /** Lets virtual time pass before something comes. */
  readonly sleep: (ms: number) => Promise<void>;
}

/**
 * What comes from outside while a step waits: the data of the event, or a person's decision, as a word or
 * as `{ decision, by, note }`. `undefined`: nothing comes, and the wait times out.
 */
export type ScriptedWait = (asked: WaitInput, call: WaitCall) => unknown;

/**
 * How a wait ends; `null`: it does not, and Step Functions ends it.
 * @throws DefinitionError for a wait that nobody has scripted, or a decision that is no option.
 */
export async function endOfWait(
  waits: Readonly<Record<string, ScriptedWait>>,
  { step: { path }, input }: TaskMessage,
  call: WaitCall,
): Promise<TaskResult | null> {
  const asked = WaitInputSchema.parse(input);
  const script = waits[path];
  if (!script) {
    throw new DefinitionError(
      `step "${path}" waits, and nobody has scripted what comes; scripted: ${Object.keys(waits).join(', ') || 'none'}. Add it to \`waits\`.`,
    );
  }
  const came = await script(asked, call);
  if (came === undefined) return null;
  const output = asked.for === 'event' ? came : decided(path, asked, came);
  return { kind: 'succeeded', output: JSON.parse(toJson(output)) };
}

function decided(
  path: string,
  { options }: Extract<WaitInput, { readonly for: 'approval' }>,
  came: unknown,
): unknown {
  const answer = { by: 'test', ...(typeof came === 'string' ? { decision: came } : Object(came)) };
  if (options.includes(answer.decision)) return answer;
  throw new DefinitionError(
    `step "${path}" is decided with ${JSON.stringify(came)}; allowed: ${options.join(', ')}`,
  );
}

/** Of a task that nobody answers: Step Functions ends it, or has stopped to wait. */
export const unanswered = (signal: AbortSignal): Promise<TaskResult> =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
